/**
 * Where figures were measured: without it a figure says nothing.
 */

import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** A machine, a runtime, and a state of the source. */
export interface Machine {
  readonly processor: string;
  /** Cores that this process may use. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  /** Mean number of programs that wanted a core in the last minute, before we began. */
  readonly load: number;
  readonly node: string;
  readonly v8: string;
  /** The commit, with `+` if files differ from it; `unknown` outside a clone. */
  readonly commit: string;
}

/** Describes this machine, now. */
export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${process.platform} ${release()} ${process.arch}`,
    load: loadavg()[0] ?? 0,
    node: process.version,
    v8: process.versions.v8,
    commit: commitOf(import.meta.dirname),
  };
}

function commitOf(cwd: string): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`;
  } catch {
    return 'unknown'; // No git here, or no clone: a figure without its commit is still a figure.
  }
}

/** The machine in two lines. */
export function machineText(machine: Machine): string {
  const memory = `${Math.round(machine.memoryBytes / 2 ** 30)} GiB`;
  const busy = machine.load > machine.cores / 4 ? ' (busy: figures are noisy)' : '';
  return (
    `${machine.processor}, ${machine.cores} cores, ${memory}, ${machine.system}, load ${machine.load.toFixed(2)}${busy}\n` +
    `Node ${machine.node}, V8 ${machine.v8}, commit ${machine.commit}`
  );
}
