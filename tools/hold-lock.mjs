/**
 * Holds a lock that other processes respect, by making a directory: `mkdir` either makes it or fails, whoever else tries.
 *
 * Promises that one process at a time is between `holdLock()` and the release it gave, and that a lock left by
 * a process that was killed is taken over. Leaves fairness to chance: whoever looks first after a release gets it.
 * Plain JavaScript, since `prepare.mjs` needs it on a Node that cannot read TypeScript.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Arbitrary: short against an installation, long against the cost of one look. */
const LOOK_EVERY_MS = 100;

/** Arbitrary: an owner writes its process id at once after making the directory; one that has not by now never will. */
const UNSIGNED_STALE_MS = 5_000;

/**
 * Waits for the lock at `directory` and takes it.
 *
 * @param {string} directory - its parent is made if missing
 * @param {(ownerPid: number | undefined) => void} [onWait] - told once if somebody else has the lock
 * @returns {() => void} releases the lock; safe to call twice
 */
export function holdLock(directory, onWait) {
  mkdirSync(dirname(directory), { recursive: true });
  const ownerFile = join(directory, 'pid');
  for (let told = false; ; ) {
    try {
      mkdirSync(directory);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = readOwner(ownerFile);
    if (isStale(directory, owner)) {
      takeAside(directory, owner);
      continue;
    }
    if (!told) onWait?.(owner);
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_EVERY_MS);
  }
  writeFileSync(ownerFile, String(process.pid));
  return () => {
    if (readOwner(ownerFile) === process.pid) rmSync(directory, { recursive: true, force: true });
  };
}

/** @param {string} ownerFile */
function readOwner(ownerFile) {
  try {
    const pid = Number(readFileSync(ownerFile, 'utf8'));
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} directory
 * @param {number | undefined} owner
 */
function isStale(directory, owner) {
  if (owner !== undefined) return !isAlive(owner);
  try {
    return Date.now() - statSync(directory).mtimeMs > UNSIGNED_STALE_MS;
  } catch {
    return false; // Released between two looks: the next `mkdir` tells.
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/**
 * Moves a stale lock out of the way. Race: (1) two processes find the same stale lock, (2) one moves it and
 * takes a fresh one, (3) the other moves the fresh one. So who moves looks at what was moved, and puts back
 * what is not stale.
 *
 * @param {string} directory
 * @param {number | undefined} owner
 */
function takeAside(directory, owner) {
  const aside = `${directory}.${process.pid}`;
  try {
    renameSync(directory, aside);
    if (readOwner(join(aside, 'pid')) === owner) rmSync(aside, { recursive: true, force: true });
    else renameSync(aside, directory);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error; // Another process was faster.
  }
}
