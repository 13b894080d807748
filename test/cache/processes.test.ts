/** Stores and records in files, used by many processes, and by some that are killed. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileRecords } from '../../src/cache/file-records.ts';
import { fileStore } from '../../src/store/file-store.ts';
import { bytesOf, storedDigestOf } from '../../src/testing/contract/stored-bytes.ts';
import { all, callNamed, claimOf, digestNamed } from '../../src/testing/contract/stored-records.ts';
import { filesIn, folders } from '../fixtures/folders.ts';

const newFolder = folders('processes');
const hammering = join(import.meta.dirname, '../fixtures/cache/hammering.ts');
const endsAtStep = join(import.meta.dirname, '../fixtures/cache/ends-at-step.ts');

/** Ten processes on a busy machine with two cores. */
const limitMs = 90_000;

/** What a process wrote until it ended; rejects if it ended badly. */
async function outputOf(child: ChildProcess): Promise<string> {
  let output = '';
  let errors = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => void (output += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => void (errors += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`A process ended with ${String(code)}: ${errors}`);
  return output;
}

describe('fileStore() and fileRecords() of ten processes', { timeout: limitMs }, () => {
  test('give nothing wrong, and each claim to one at a time', { timeout: limitMs }, async () => {
    const folder = newFolder();
    const records = fileRecords(`${folder}/records`);
    for (let i = 0; i < 300; i++) {
      await records.claim(digestNamed(`over ${i}`), claimOf('gone', { untilMs: 1 }), 0);
    }
    const children = Array.from({ length: 10 }, (_, i) =>
      spawn(process.execPath, [hammering, folder, String(i)], { stdio: ['pipe', 'pipe', 'pipe'] }),
    );
    try {
      const outputs = children.map(outputOf);
      const ready = children.map(
        (child) => new Promise<void>((resolve) => child.stdout.once('data', () => resolve())),
      );
      await Promise.race([Promise.all(ready), Promise.all(outputs)]);
      for (const child of children) child.stdin.end('go\n');
      const taken = (await Promise.all(outputs)).map((output) => Number(output.replace('ready', '')));
      expect(taken.reduce((sum, one) => sum + one, 0)).toBe(300);
      expect(await all(records.entriesOf('shared run'))).toHaveLength(600);
      expect(filesIn(folder).filter((path) => /unfinished|temporary/.test(path))).toEqual([]);
    } finally {
      for (const child of children) child.kill('SIGKILL');
    }
  });
});

test('fileRecords() give the old or the new record while it is written, never none', async () => {
  const folder = newFolder();
  const [writing, reading] = [fileRecords(folder), fileRecords(folder)];
  // Long enough that it takes more than one step to write.
  const metadata = { long: 'x'.repeat(2 ** 21) };
  await writing.put(callNamed('same', { task: '0', metadata }));
  let isOver = false;
  const written = (async () => {
    for (let i = 1; i <= 20; i++) await writing.put(callNamed('same', { task: `${i}`, metadata }));
    isOver = true;
  })();
  const seen: (string | undefined)[] = [];
  while (!isOver) {
    seen.push((await reading.get(callNamed('same').key))?.task);
    // It may answer at once: writing needs a turn, too.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await written;
  expect(seen.filter((task) => task === undefined)).toEqual([]);
  expect(seen.length).toBeGreaterThan(5);
});

describe('fileStore() and fileRecords() of a process that is killed', () => {
  const value = bytesOf('new value');

  test.each([
    ['before a value', 'blob:create', false, 'old'],
    ['with an empty file for a value', 'blob:write', false, 'old'],
    ['before a value has its name', 'blob:rename', false, 'old'],
    ['after a value', 'blob:renamed', true, 'old'],
    ['before a record', 'make', true, 'old'],
    ['with an empty file for a record', 'fill', true, 'old'],
    ['with a whole file for a record', 'close', true, 'old'],
    ['before a record has its name', 'rename', true, 'old'],
    ['after a record', 'there', true, 'new'],
  ] as const)('%s: old or new is there, whole', async (_, step, hasValue, task) => {
    const folder = newFolder();
    await fileRecords(`${folder}/records`).put(callNamed('same', { task: 'old' }));
    const { signal } = spawnSync(process.execPath, [endsAtStep, folder, step], { timeout: 30_000 });
    expect(signal).toBe('SIGKILL');

    const store = fileStore(`${folder}/values`);
    const records = fileRecords(`${folder}/records`);
    expect(store.has(storedDigestOf(value))).toBe(hasValue);
    expect((await store.get(storedDigestOf(value)))?.length).toBe(hasValue ? value.length : undefined);
    expect((await records.get(callNamed('same').key))?.task).toBe(task);
    // What was left does no harm: all can be written again.
    expect(spawnSync(process.execPath, [endsAtStep, folder, 'none'], { timeout: 30_000 }).status).toBe(0);
    expect(store.has(storedDigestOf(value))).toBe(true);
    expect((await all(records.select({}))).map((record) => record.task)).toEqual(['new']);
    expect(await all(store.entries())).toHaveLength(1);
  });
});
