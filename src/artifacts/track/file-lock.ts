/**
 * One writer at a time for a file, among all processes that write it with heddle.
 *
 * The lock is a folder beside the file, `.project.json.lock`, which is gone when nobody writes. It is held by a claim that
 * ends by itself, and at once when its process has ended on this machine: so one that was killed locks nobody out. See
 * `cache/claim-folder.ts` for how claims are taken over. Python's lazyscribe knows nothing of it.
 *
 * A holder that stood still past its time, as a laptop that slept, may have lost it: `isHeld` tells, and is asked before
 * anything is put in place.
 */

import type { Clock } from '../../base/clock.ts';
import { once } from '../../base/once.ts';
import { randomSerial } from '../../base/random.ts';
import { ClaimFolder } from '../../cache/claim-folder.ts';
import type { Claim } from '../../cache/records.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import { codeOf, isMissing } from '../../store/whole-file.ts';
import { SaveError } from './errors.ts';

const fs = once(() => process.getBuiltinModule('node:fs').promises);
const nodePath = once(() => process.getBuiltinModule('node:path'));
const host = once(() => process.getBuiltinModule('node:os').hostname());

/** How long a claim holds unless it is renewed: longer than any pause of a process that runs. Arbitrary. */
const holdMs = 20_000;
const renewMs = 5_000;
/** Between two looks whether the lock is free: the first pause, and the longest. Arbitrary: a save takes some 10 ms. */
const firstPauseMs = 3;
const longestPauseMs = 60;
/** How often the folder may vanish while it is taken, as others remove it. Arbitrary. */
const mostVanished = 20;
/** Names the only claim there is. The type is that of what caches claim; any name of a folder does. */
const onlyClaim = 'writer' as Digest;

export interface LockOptions {
  readonly clock: Clock;
  /** How long to wait for another writer. */
  readonly waitMs: number;
}

/** A lock that is held. */
export interface FileLock {
  /** Looks whether it is still held. */
  isHeld(): Promise<boolean>;
  /** Gives it back. What fails is left to end by itself. */
  release(): Promise<void>;
}

/**
 * Waits until this is the only writer of a file.
 *
 * @param path - the file; its folder is there
 * @throws {SaveError} If another writer does not end in time.
 */
export async function lockFile(path: string, { clock, waitMs }: LockOptions): Promise<FileLock> {
  const { dirname, basename, join } = nodePath();
  const folder = join(dirname(path), `.${basename(path)}.lock`);
  const claims = new ClaimFolder(folder, `${folder}/making`);
  const owner = `${process.pid}-${randomSerial().toString(36)}`;
  const claim = (): Promise<boolean> => isTaken(claims, owner, clock.epochMs());

  const endMs = clock.nowMs() + waitMs;
  for (let pauseMs = firstPauseMs; !(await claim()); pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    if (clock.nowMs() >= endMs) {
      throw new SaveError(
        `Cannot save '${path}' as another writer holds it for longer than ${waitMs} ms: received '${folder}'\n` +
          '  save again, or remove that folder if nothing writes',
      );
    }
    await clock.sleep(pauseMs);
  }
  const renewing = clock.every(
    renewMs,
    () => void claims.renew(owner, clock.epochMs() + holdMs).catch(() => undefined),
    { ref: false },
  );
  return {
    async isHeld() {
      return claim().catch(() => false);
    },
    async release() {
      renewing[Symbol.dispose]();
      try {
        await claims.release(onlyClaim, owner);
        // Each fails if another writer is about to take the lock.
        await fs().rmdir(`${folder}/making`);
        await fs().rmdir(folder);
      } catch {
        // Then it is removed by whoever comes next, or ends by itself.
      }
    },
  };
}

/** Takes the lock, or goes on holding it. @returns whether it is ours now */
async function isTaken(claims: ClaimFolder, owner: string, nowMs: number): Promise<boolean> {
  const claim: Claim = { owner, host: host(), pid: process.pid, untilMs: Math.round(nowMs + holdMs) };
  const take = (atMs: number): Promise<Claim | undefined> => claims.claim(onlyClaim, claim, atMs);
  for (let tries = 0; ; tries++) {
    try {
      const other = await take(nowMs);
      if (other === undefined) return true;
      // Its claim is over as its process is. If another one has taken it over meanwhile, that one's lasts longer.
      return isGone(other) && (await take(other.untilMs)) === undefined;
    } catch (error) {
      // Somebody gave the lock back, and removed the folder while we were in it.
      if (!isMissing(error) || tries >= mostVanished) throw error;
    }
  }
}

/** Whether the process that holds a claim is known to have ended: of other machines that is not known. */
function isGone(claim: Claim): boolean {
  if (claim.host !== host()) return false;
  try {
    process.kill(claim.pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}
