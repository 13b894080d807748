/**
 * Tells whether a file is still the one that was found.
 *
 * The same facts as Git's index goes by: size, both times in nanoseconds, inode. A file that is written twice within
 * one tick of the file system's clock can change without a trace; therefore `isFresh`.
 */
import type { BigIntStats } from 'node:fs';

/** Ticks of file systems' clocks last up to 10 ms on Linux and 16 ms on Windows; this is some of them. */
const FRESH_MS = 50;

/** Gives the facts that change with the content, as a short text. */
export function stampOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return [size, mtimeNs, ctimeNs, ino].map((fact) => fact.toString(36)).join('.');
}

/** Tells whether a file changed so lately that its stamp is not to be relied on later. */
export function isFresh({ ctimeMs, mtimeMs }: BigIntStats, nowMs: number): boolean {
  return nowMs - Number(ctimeMs) < FRESH_MS || nowMs - Number(mtimeMs) < FRESH_MS;
}
