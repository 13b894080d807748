/**
 * Starts the process of a worker, and says which of its pipes are for what.
 *
 * It is a process of heddle's own, which has pipes of its own for messages; or a command of the user's, which has but
 * the three streams that every program has: messages go by the first two.
 */

import type { ChildProcess, StdioOptions } from 'node:child_process';
import type { Socket } from 'node:net';
import { inspectShort } from '../base/inspect-short.ts';
import { withClaims } from './file-claims.ts';
import { inheritedOptions } from './inherited-options.ts';
import { processEntryPath } from './process-entry.ts';
import type { ProcessOptions } from './process-transport.ts';

/** A process that was started, or could not be, as its listeners are told. */
export interface StartedProcess {
  readonly child: ChildProcess;
  /** All there are; none if there were not enough left to start a process. */
  readonly pipes: readonly Socket[];
  /** `undefined` if one of them is missing. */
  readonly named: NamedPipes | undefined;
}

/** The pipes of a worker, seen from the host. */
export interface NamedPipes {
  readonly toWorker: Socket;
  readonly fromWorker: Socket;
  /** What is printed; a command has none for `stdout`. */
  readonly stdout: Socket | undefined;
  readonly stderr: Socket;
}

/** @param claimsFile - which heddle's own process shares; a command may be on another machine */
export function startProcess(options: ProcessOptions, claimsFile: number | undefined): StartedProcess {
  const { command, execArgv = inheritedOptions(process.execArgv) } = options;
  if (command !== undefined) {
    const [program = '', ...args] = command;
    const { child, pipes } = start(options, program, args, ['pipe', 'pipe', 'pipe']);
    const [toWorker, fromWorker, stderr] = pipes;
    return { child, pipes, named: named({ toWorker, fromWorker, stdout: undefined, stderr }) };
  }
  const file = claimsFile === undefined ? [] : [claimsFile];
  const args = [...execArgv, processEntryPath(), ...file.map(() => withClaims)];
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', ...file];
  const { child, pipes } = start(options, process.execPath, args, stdio);
  const [stdout, stderr, toWorker, fromWorker] = pipes;
  return { child, pipes, named: named({ toWorker, fromWorker, stdout, stderr }) };
}

function start(
  { env, cwd }: ProcessOptions,
  program: string,
  args: readonly string[],
  stdio: StdioOptions,
): { readonly child: ChildProcess; readonly pipes: readonly Socket[] } {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn(program, args, {
    stdio,
    // A group of its own, so that it can be ended with all that it has started. Windows has no groups.
    detached: process.platform !== 'win32',
    windowsHide: true,
    ...(env === undefined ? {} : { env }),
    ...(cwd === undefined ? {} : { cwd }),
  });
  const pipes = ((child.stdio as (Socket | null)[] | undefined) ?? []).filter((pipe) => pipe !== null);
  return { child, pipes };
}

type Pipe = Socket | undefined;

function named(
  pipes: Readonly<Record<'toWorker' | 'fromWorker' | 'stdout' | 'stderr', Pipe>>,
): NamedPipes | undefined {
  const { toWorker, fromWorker, stdout, stderr } = pipes;
  if (toWorker === undefined || fromWorker === undefined || stderr === undefined) return undefined;
  return { toWorker, fromWorker, stdout, stderr };
}

/**
 * @param verb - what is attempted, for the message: `open a pool`
 * @throws {TypeError} If it is no command, or there are options that it would not be given.
 */
export function checkCommand({ command, execArgv }: ProcessOptions, verb: string): void {
  if (command === undefined) return;
  const isCommand =
    Array.isArray(command) &&
    command.every((word) => typeof word === 'string' && !word.includes('\0')) &&
    (command[0] ?? '') !== '';
  if (!isCommand) {
    throw new TypeError(
      `Cannot ${verb} as 'command' must be a list of a program and its arguments: received ${inspectShort(command)}\n` +
        "  such as ['ssh', 'host', 'heddle', 'worker', '--stdio']",
    );
  }
  if (execArgv === undefined) return;
  throw new TypeError(
    `Cannot ${verb} as a 'command' starts Node.js by itself: received 'execArgv' ${inspectShort(execArgv)}\n` +
      '  give the options in the command, such as by NODE_OPTIONS',
  );
}
