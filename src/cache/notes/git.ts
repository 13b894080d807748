/**
 * Notes which commit the code is of.
 *
 * Asks the program `git`: what is changed can be told by nothing less than its index. So this file may start a process,
 * which nothing else of the cache does.
 */

import { type Clock, systemClock } from '../../base/clock.ts';
import { once } from '../../base/once.ts';
import type { MetadataHook } from '../metadata.ts';

export interface GitOptions {
  /**
   * A folder in the repository.
   *
   * @defaultValue the current folder of the process
   */
  readonly folder?: string;
  /** @internal */
  readonly clock?: Clock;
}

/** What git says of a folder. */
interface GitFacts {
  readonly commit: string;
  /** Absent if no branch is checked out. */
  readonly branch?: string;
  /** Whether files that git knows differ from the commit. Files that it does not know do not count. */
  readonly dirty: boolean;
}

/** For how long an answer holds at least. */
const holdsMs = 1000;
/** An answer that took long holds longer: so that at most a twentieth of the time goes into asking. */
const restsTimes = 20;
/** Whoever waits longer does without. In milliseconds; arbitrary: large repositories take seconds when nothing is in memory. */
const patienceMs = 10_000;

const childProcess = once(() => process.getBuiltinModule('node:child_process'));

/**
 * Notes of each call, as `git`: the `commit`, the `branch`, and whether the working tree is `dirty`: whether files that git
 * knows were changed. Where there is no `git`, no repository, or no commit, nothing is noted.
 *
 * - **Cost:** `git status` is run at most once a second, while the caller waits: some ten milliseconds, more in large
 *   repositories; never more than a twentieth of the time.
 *
 * @example
 * ```ts
 * import { git, openCache } from 'heddle';
 * await using cache = await openCache(':memory:', { metadata: [git()] });
 * const ofMain = cache.query({ metadata: { git: { branch: 'main', dirty: false } } });
 * assert.ok(await ofMain.empty());
 * ```
 */
export function git({ folder, clock = systemClock }: GitOptions = {}): MetadataHook {
  let facts: GitFacts | undefined;
  let untilMs = Number.NEGATIVE_INFINITY;
  let isAbsent = false;
  const where = folder ?? process.cwd();
  return {
    name: 'git',
    descriptor: { kind: 'git', folder: where },
    before() {
      const nowMs = clock.nowMs();
      if (isAbsent || nowMs < untilMs) return facts;
      try {
        facts = ask(where);
      } catch (error) {
        facts = undefined;
        isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
      }
      const tookMs = clock.nowMs() - nowMs;
      untilMs = nowMs + Math.max(holdsMs, tookMs * restsTimes);
      return facts;
    },
  };
}

function ask(folder: string): GitFacts | undefined {
  const text = childProcess().execFileSync(
    'git',
    ['status', '--porcelain=v2', '--branch', '--untracked-files=no', '--ignore-submodules=untracked'],
    {
      cwd: folder,
      encoding: 'utf8',
      timeout: patienceMs,
      maxBuffer: 2 ** 26,
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
      // So that it takes no lock, which would make another git of the user fail.
      env: { ...process.env, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
    },
  );
  const lines = text.split('\n').filter((line) => line !== '');
  const headed = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`# branch.${name} `))?.slice(`# branch.${name} `.length);
  const [commit, branch] = [headed('oid'), headed('head')];
  if (commit === undefined || commit === '(initial)') return undefined;
  const dirty = lines.some((line) => !line.startsWith('#'));
  return { commit, ...(branch === undefined || branch === '(detached)' ? {} : { branch }), dirty };
}
