/** Files of events and traces: what is in them, and what becomes of them when the disk or the program fails. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Event, openPipeline, run, stage, task } from '../../src/index.ts';
import { BoundedFile } from '../../src/traces/bounded-file.ts';
import { openEventLog, openTrace, readEventLog, TraceFileError } from '../../src/traces.ts';
import { folders } from '../fixtures/folders.ts';
import { heddleCommand } from '../fixtures/worker-command.ts';

const newFolder = folders('traces');
const limitMs = 20_000;

const add = task((a: number, b: number) => a + b, { name: 'add' });
const square = task((x: number) => x * x, { name: 'square' });
const fail = task(
  () => {
    throw new Error('no');
  },
  { name: 'fail', retries: 1 },
);

interface Shown {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly id?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

function recordsIn(path: string): readonly Shown[] {
  return JSON.parse(readFileSync(path, 'utf8')) as Shown[];
}

/** Perfetto wants slices of a lane not to overlap. */
function expectNoOverlap(records: readonly Shown[]): void {
  const lanes = Map.groupBy(
    records.filter(({ ph }) => ph === 'X'),
    ({ pid, tid }) => `${pid}/${tid}`,
  );
  for (const slices of lanes.values()) {
    const sorted = slices.toSorted((a, b) => a.ts - b.ts);
    const early = sorted.filter(({ ts }, at) => {
      const before = sorted[at - 1];
      return before !== undefined && ts < before.ts + (before.dur ?? 0);
    });
    expect(early).toEqual([]);
  }
}

describe('openEventLog()', () => {
  test('writes all events, which are read again as they were, with what each call needs', async () => {
    const path = join(newFolder(), 'deep', 'run.jsonl');
    const told: Event[] = [];
    await using log = openEventLog(path, { details: true });
    const emit = (event: Event): unknown => told.push(event);
    await run(add(square(2), square(3)), {
      sinks: [log, { emit: (event) => void emit(event), graph: true }],
    });
    await log.close();
    expect(await Array.fromAsync(readEventLog(path))).toEqual(JSON.parse(JSON.stringify(told)));
    const added = told.flatMap((event) => (event.kind === 'calls-added' ? event.calls : []));
    expect(added).toEqual([
      { call: 0, needs: [] },
      { call: 1, needs: [] },
      { call: 2, needs: [0, 1] },
    ]);
  });

  test('is compressed if its name says so, and can be read while it is written', async () => {
    const folder = newFolder();
    const zipped = openEventLog(join(folder, 'run.jsonl.gz'));
    const open = openEventLog(join(folder, 'run.jsonl'));
    await run(square(2), { sinks: [zipped, open] });
    await expect.poll(() => existsSync(join(folder, 'run.jsonl')), { timeout: 5000 }).toBe(true);
    await expect
      .poll(async () => (await Array.fromAsync(readEventLog(join(folder, 'run.jsonl')))).length, {
        timeout: 5000,
      })
      .toBe(5);
    await Promise.all([zipped.close(), open.close()]);
    expect(gunzipSync(readFileSync(join(folder, 'run.jsonl.gz'))).toString()).toBe(
      readFileSync(join(folder, 'run.jsonl'), 'utf8'),
    );
    expect((await Array.fromAsync(readEventLog(join(folder, 'run.jsonl.gz')))).length).toBe(5);
  });

  test('of a program that was killed is read up to the cut', { timeout: limitMs }, async () => {
    const path = join(newFolder(), 'run.jsonl');
    const log = openEventLog(path);
    for (let count = 0; count < 3; count++) await run(square(2), { sinks: log });
    await log.close();
    const whole = readFileSync(path, 'utf8');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: whole.indexOf('\n') + 1, max: whole.length }), async (end) => {
        writeFileSync(path, whole.slice(0, end));
        const lines = whole.slice(0, end).split('\n').slice(1);
        const events = await Array.fromAsync(readEventLog(path));
        expect(events.length).toBeGreaterThanOrEqual(lines.length - 1);
        expect(events).toEqual(lines.slice(0, events.length).map((line) => JSON.parse(line) as unknown));
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['nothing', '', 'is no log of them'],
    ['something else', '{"kind":"run-started"}\n', 'is no log of them'],
    ['a later version', '{"heddle":"events","version":2}\n', 'their version is not 1: received 2'],
    ['a damaged line', '{"heddle":"events","version":1}\n{"kind\n{"kind":"x"}\n', 'line 2 is damaged'],
  ])('refuses %s', async (_, text, reason) => {
    const path = join(newFolder(), 'run.jsonl');
    writeFileSync(path, text);
    await expect(Array.fromAsync(readEventLog(path))).rejects.toThrow(reason);
  });

  test('of a full disk or a missing place fails as it is closed, and no run hears of it', async () => {
    for (const path of ['/dev/full', '/dev/null/run.jsonl', join(newFolder(), 'x'.repeat(300))]) {
      const log = openEventLog(path);
      expect(await run(add(square(2), square(3)), { sinks: log })).toBe(13);
      const closing = log.close();
      await expect(closing).rejects.toBeInstanceOf(TraceFileError);
      await expect(closing).rejects.toThrow(path);
      log.emit({ kind: 'calls-added', run: 1, atMs: 1, task: 'late', count: 1, builtin: false });
      expect(log.dropped).toBeGreaterThan(0);
    }
  });
});

describe('a file that takes no more', () => {
  test('has what comes dropped, and counted', async () => {
    const path = join(newFolder(), 'text');
    const file = new BoundedFile(path, 1000);
    const text = 'x'.repeat(70_000);
    // The first is handed over at once, the others come before the disk has taken it.
    for (let count = 0; count < 10; count++) file.append(text);
    expect(file.dropped).toBeGreaterThan(0);
    const { dropped } = file;
    await file.close(() => `${dropped} dropped`);
    expect(readFileSync(path, 'utf8')).toBe(`${text.repeat(10 - dropped)}${dropped} dropped`);
  });
});

describe('openTrace()', () => {
  test('has a slice for each attempt, arrows to those that need it, and no overlap in a lane', async () => {
    const path = join(newFolder(), 'trace.json');
    const trace = openTrace(path);
    await run(add(square(2), square(3)), { sinks: trace });
    await run(fail(), { sinks: trace }).catch(() => undefined);
    const pipeline = openPipeline([stage((x: number) => x, { inMaster: true })], { sinks: trace });
    await pipeline.apply([1, 2]).toArray();
    await pipeline.dispose();
    await trace.close();
    const records = recordsIn(path);
    expect(records.filter(({ ph }) => ph === 'X').map(({ name }) => name)).toEqual([
      'square',
      'square',
      'add',
      'fail',
      'fail',
      'success',
    ]);
    expectNoOverlap(records);
    const starts = records.filter(({ ph }) => ph === 's');
    const ends = records.filter(({ ph }) => ph === 'f');
    expect(starts).toHaveLength(2);
    expect(ends.map(({ id }) => id)).toEqual(starts.map(({ id }) => id));
    const sum = records.find(({ name }) => name === 'add') as Shown;
    expect(ends.every(({ tid, ts }) => tid === sum.tid && ts === sum.ts)).toBe(true);
    expect(records.some(({ name }) => name === 'stage 0: waiting')).toBe(true);
  });

  test('of no run is an empty list', async () => {
    const path = join(newFolder(), 'trace.json');
    await openTrace(path).close();
    expect(recordsIn(path)).toEqual([]);
  });

  test('of many calls at once keeps its lanes apart, and drops no call', { timeout: limitMs }, async () => {
    const path = join(newFolder(), 'trace.json.gz');
    const trace = openTrace(path);
    const later = task(async (x: number) => {
      for (let turn = 0; turn < x % 5; turn++) await Promise.resolve();
      return x;
    });
    await run(
      Array.from({ length: 2000 }, (_, x) => later(x)),
      { sinks: trace, concurrency: 16 },
    );
    await trace.close();
    const records = JSON.parse(gunzipSync(readFileSync(path)).toString()) as Shown[];
    const slices = records.filter(({ ph, args }) => ph === 'X' && args?.['is'] === 'success');
    expect(slices.length).toBeGreaterThanOrEqual(2000);
    expectNoOverlap(records);
  });
});

describe('heddle trace', { timeout: limitMs }, () => {
  const [node, ...before] = heddleCommand;
  test('makes a trace of a log', async () => {
    const folder = newFolder();
    const log = openEventLog(join(folder, 'run.jsonl.gz'));
    await run(add(square(2), square(3)), { sinks: log });
    await log.close();
    const said = execFileSync(node, [...before, 'trace', 'run.jsonl.gz', 'run.json'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(said).toMatch(/^run\.json: 10 events; open it in/);
    expect(recordsIn(join(folder, 'run.json')).filter(({ ph }) => ph === 'X')).toHaveLength(3);
  });

  test('tells that there is no such log', () => {
    const { status, stderr } = spawnSync(node, [...before, 'trace', 'none.jsonl'], {
      cwd: newFolder(),
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/none\.jsonl/);
  });
});
