/**
 * Several processes with one cache in a database: nothing is lost, and a claim is held by one at a time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSqlite } from '../../src/cache/sqlite/sqlite-backend.ts';
import { folders } from '../fixtures/folders.ts';
import { missingOf, recordOf } from '../fixtures/sqlite/work.ts';

/** Ten programs on two busy processors. */
const limitMs = 120_000;
const newFolder = folders('sqlite-processes');
const program = join(import.meta.dirname, '..', 'fixtures', 'sqlite', 'hammer-program.ts');

async function hammer(path: string, writer: string, rounds: number): Promise<string> {
  const child = spawn(process.execPath, [program, path, writer, String(rounds)], { timeout: limitMs });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  await once(child, 'close');
  return output;
}

async function expectAll(path: string, writers: readonly string[], rounds: number): Promise<void> {
  const cache = openSqlite(path);
  try {
    for (const writer of writers) {
      const found = await Array.fromAsync(cache.calls.select({ run: writer }));
      expect(found).toEqual(Array.from({ length: rounds }, (_, i) => recordOf(writer, rounds - 1 - i)));
      for (const record of found) expect(await missingOf(cache, record)).toEqual([]);
    }
  } finally {
    await cache.close();
  }
}

describe('a cache in a database', { timeout: limitMs }, () => {
  test('is made, written and claimed by ten processes at once', async () => {
    const path = join(newFolder(), 'deep', 'cache.db');
    const writers = Array.from({ length: 10 }, (_, i) => `writer-${i}`);
    const ends = await Promise.all(writers.map((writer) => hammer(path, writer, 10)));
    expect(ends).toEqual(writers.map(() => 'ok'));
    await expectAll(path, writers, 10);
  });

  test('is read while two others write', async () => {
    const path = join(newFolder(), 'cache.db');
    const cache = openSqlite(path);
    let isOver = false;
    const ends = Promise.all([hammer(path, 'one', 30), hammer(path, 'two', 30)]).finally(() => {
      isOver = true;
    });
    let looks = 0;
    while (!isOver) {
      for await (const record of cache.calls.select({ limit: 20 })) {
        expect(await missingOf(cache, record)).toEqual([]);
      }
      looks++;
      await new Promise(setImmediate);
    }
    expect(await ends).toEqual(['ok', 'ok']);
    expect(looks).toBeGreaterThan(5);
    await cache.close();
    await expectAll(path, ['one', 'two'], 30);
  });
});
