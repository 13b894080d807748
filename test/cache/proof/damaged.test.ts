/** Caches of which files are damaged between runs, in any place: never a wrong value, and never a run that hangs. */

import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Cache, isHeddleError } from '../../../src/index.ts';
import { CacheOpenError } from '../../../src/store/cache-open-error.ts';
import { filesIn, folders } from '../../fixtures/folders.ts';
import { openShared, type SharedKind } from '../../fixtures/open-shared.ts';
import { runRound, valueOf } from '../../fixtures/proof/rounds.ts';

const limitMs = 60_000;
const newFolder = folders('damaged');
const rounds = [1, 2, 3];

interface Damage {
  /** Which file, and where in it, from 0 to 1. */
  readonly file: number;
  readonly at: number;
  readonly kind: 'flip' | 'cut' | 'zeros' | 'empty';
}

const damages: fc.Arbitrary<readonly Damage[]> = fc.array(
  fc.record({
    file: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    kind: fc.constantFrom('flip', 'flip', 'flip', 'cut', 'zeros', 'empty'),
  }),
  { minLength: 1, maxLength: 40 },
);

function damage(folder: string, { file, at, kind }: Damage): void {
  const paths = filesIn(folder).filter((path) => !path.endsWith('/log'));
  const path = paths[Math.floor(file * paths.length)];
  if (path === undefined) return;
  const bytes = readFileSync(path);
  const place = Math.floor(at * bytes.length);
  if (kind === 'flip') bytes[place] = (bytes[place] ?? 0) ^ (1 << (place % 8));
  else if (kind === 'zeros') bytes.fill(0, place, Math.min(place + 100, bytes.length));
  writeFileSync(path, kind === 'empty' ? '' : kind === 'cut' ? bytes.subarray(0, place) : bytes);
}

/** Fills a cache. @returns a copy of its folder: while it was open, and when it was closed */
async function filled(kind: SharedKind): Promise<readonly string[]> {
  const folder = newFolder();
  const [open, closed] = [newFolder(), newFolder()];
  const cache = await openShared(kind, folder);
  for (const round of rounds) await runRound(cache, join(folder, 'log'), round);
  await cache.flush();
  cpSync(folder, open, { recursive: true });
  await cache.close();
  cpSync(folder, closed, { recursive: true });
  return [open, closed];
}

/** Runs all with what is in the folder. @returns `right`, `refused`, or else what is wrong */
async function outcomeOf(kind: SharedKind, folder: string): Promise<string> {
  let cache: Cache;
  try {
    cache = await openShared(kind, folder, { onTrouble: 'ignore' });
  } catch (error) {
    return error instanceof CacheOpenError && error.message.startsWith('Cannot ') ? 'refused' : String(error);
  }
  let told: string;
  try {
    const all = rounds.map((round) => runRound(cache, join(folder, 'log'), round));
    told = isDeepStrictEqual(await Promise.all(all), rounds.map(valueOf)) ? 'right' : 'another value';
  } catch (error) {
    told = `thrown: ${String(error)}`;
  }
  try {
    await cache.close();
  } catch (error) {
    // What could not be kept is told.
    if (!isHeddleError(error)) told = `thrown at the end: ${String(error)}`;
  }
  return told;
}

describe.for(['sqlite', 'files'] as const)(
  'a cache in %s with damaged files',
  { timeout: limitMs },
  (kind) => {
    test('gives what is right, or says that it cannot be opened', async () => {
      const originals = await filled(kind);
      await fc.assert(
        fc.asyncProperty(damages, fc.constantFrom(...originals), async (all, original) => {
          const folder = newFolder();
          cpSync(original, folder, { recursive: true });
          for (const one of all) damage(folder, one);
          // The second time with what the first has made of it.
          for (let times = 0; times < 2; times++) {
            expect(['right', 'refused']).toContain(await outcomeOf(kind, folder));
          }
          rmSync(folder, { recursive: true });
        }),
        { numRuns: 40, plugins: [fc.interruptAfterTimeLimit(limitMs / 3)] },
      );
    });
  },
);
