/**
 * boil: compiles what `boil.ini` describes, in parallel. See README.md beside this file.
 *
 * This file joins the parts, and takes signals. What is built is in `tasks.ts`.
 */

import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { styleText } from 'node:util';
import { plain, run, terminal } from 'heddle';
import { BoilError } from './boil-error.ts';
import { help, readCommandLine, type Wanted } from './command-line.ts';
import { type Ini, parseIni } from './ini.ts';
import { Programs } from './programs.ts';
import { reportText } from './report.ts';
import { runShell } from './shell-command.ts';
import { findSources } from './sources.ts';
import { BuildState } from './state.ts';
import { type BuildTarget, targetNames, targetOf } from './target.ts';
import { targetFrom } from './tasks.ts';
import { findToolchain } from './toolchain.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// Whoever reads our output may have had enough of it: `boil list | head -1`.
process.stdout.on('error', () => undefined);
process.exitCode = await boil(process.argv.slice(2));

/** Does what the command line asks for, and gives the exit code. */
async function boil(args: readonly string[]): Promise<number> {
  try {
    const wanted = readCommandLine(args);
    if (wanted === undefined) {
      process.stdout.write(help);
      return 0;
    }
    const ini = await readIni(wanted);
    if (wanted.target === 'list') {
      process.stdout.write(`Possible targets: ${targetNames(ini).join(', ')}\n`);
      return 0;
    }
    const target = targetOf(ini, wanted.target);
    return await untilSignal((whenSignal) =>
      target.kind === 'command' ? runShell(target.command, whenSignal) : build(target, wanted, whenSignal),
    );
  } catch (error) {
    if (!(error instanceof BoilError)) throw error;
    process.stderr.write(`boil: ${error.message}\n`);
    return error.exitCode;
  }
}

async function readIni({ folder }: Wanted): Promise<Ini> {
  try {
    process.chdir(folder);
  } catch {
    throw new BoilError(`Cannot go to a folder that is not there: received '${folder}'`);
  }
  try {
    return parseIni(await readFile('boil.ini', 'utf8'), 'boil.ini');
  } catch (error) {
    if (error instanceof BoilError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is none in this folder' : `it cannot be read (${code})`;
    throw new BoilError(`Cannot read 'boil.ini' as ${why}: received '${process.cwd()}'`);
  }
}

type WhenSignal = (act: (signal: NodeJS.Signals, count: number) => void) => void;

/** Does something that signals can stop. If one came, its exit code is that of a program ended by it. */
async function untilSignal(act: (whenSignal: WhenSignal) => Promise<number>): Promise<number> {
  let first: NodeJS.Signals | undefined;
  let count = 0;
  let pass: Parameters<WhenSignal>[0] = () => undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    first ??= signal;
    pass(signal, ++count);
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    const code = await act((given) => {
      pass = given;
    });
    return first === undefined ? code : 128 + constants.signals[first];
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

async function build(target: BuildTarget, { jobs, isDumb }: Wanted, whenSignal: WhenSignal): Promise<number> {
  const stop = new AbortController();
  const programs = new Programs();
  whenSignal((_signal, count) => {
    stop.abort();
    // Who asks twice does not want to wait.
    programs.stop(count === 1 ? 'SIGTERM' : 'SIGKILL');
  });
  try {
    const sources = await findSources(target);
    const toolchain = await findToolchain(target, programs);
    const state = await BuildState.open(target.objdir);
    const title = `Building target ${target.file}`;
    const sink = isDumb || !process.stderr.isTTY ? plain({ title }) : terminal({ title, mode: 'tree' });
    const report = await run(targetFrom(sources, { target, toolchain, programs, state }), {
      concurrency: jobs,
      sinks: sink,
      signal: stop.signal,
    });
    const isColoured = !isDumb && styleText('red', 'x', { stream: process.stderr }) !== 'x';
    process.stderr.write(reportText(report, { isColoured }));
    if (report.status === 'nothing-to-do') process.stdout.write('nothing-to-do\n');
    return report.status === 'failed' ? 1 : 0;
  } catch (error) {
    // What was stopped has an exit code, which is all there is to say.
    if (!stop.signal.aborted) throw error;
    return 1;
  } finally {
    // Programs that were stopped may still be cleaning up.
    await programs.whenIdle();
  }
}
