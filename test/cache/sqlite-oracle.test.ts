/**
 * Random operations on a cache in a database, against maps: what it gives is what was put, whoever put it, and however often
 * it was closed and opened between.
 */

import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fits, newestFirst } from '../../src/cache/fits.ts';
import type { CallRecord } from '../../src/cache/record.ts';
import type { RecordFilter } from '../../src/cache/records.ts';
import { openSqlite, type SqliteBackend } from '../../src/cache/sqlite/sqlite-backend.ts';
import type { Digest } from '../../src/codec/canonical/digester.ts';
import { folders } from '../fixtures/folders.ts';
import { digestOf } from '../fixtures/sqlite/work.ts';

const limitMs = 60_000;
const newFolder = folders('sqlite-oracle');

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
const name = fc.constantFrom(...names);
/** In rows, and in files. */
const value = fc.record({ name, length: fc.constantFrom(0, 1, 700, 40_000) });

const record = fc
  .record({
    key: name,
    task: fc.constantFrom('train', 'test', '\u0000 "ü"'),
    identity: fc.constantFrom('p/m train', 'p/m test'),
    kind: fc.constantFrom('call', 'graph'),
    state: fc.constantFrom('begun', 'success', 'failure'),
    args: fc.array(fc.record({ name: fc.constantFrom('x', 'y'), value: name, member: fc.option(name) }), {
      maxLength: 3,
    }),
    result: fc.option(name, { nil: undefined }),
    run: fc.option(fc.constantFrom('one', 'two'), { nil: undefined }),
    startedMs: fc.oneof(fc.nat({ max: 3 }), fc.double({ min: 0, max: 3, noNaN: true })),
    sources: fc.option(name, { nil: undefined }),
    failure: fc.option(fc.string(), { nil: undefined }),
    metadata: fc.dictionary(
      fc.string(),
      fc.jsonValue({ maxDepth: 2 }).map((json) => JSON.parse(JSON.stringify(json))),
    ),
  })
  .map(
    ({ key, args, result, sources, failure, ...rest }): CallRecord => ({
      ...(rest as Pick<
        CallRecord,
        'kind' | 'state' | 'task' | 'identity' | 'run' | 'startedMs' | 'metadata'
      >),
      key: digestOf(`call ${key}`),
      version: 'version:1',
      sources: sources === undefined ? undefined : digestOf(sources),
      args: args.map((one) => ({
        ...refTo(one.value),
        name: one.name,
        members: one.member === null ? undefined : { m: digestOf(one.member) },
      })),
      result: result === undefined ? undefined : refTo(result),
      failure:
        failure === undefined
          ? undefined
          : { reason: 'threw', summary: failure, address: undefined, untilMs: 5 },
      settledMs: result === undefined ? undefined : rest.startedMs + 1,
    }),
  );

function refTo(named: string): { readonly digest: Digest; readonly address: Digest; readonly bytes: number } {
  return { digest: digestOf(named), address: digestOf(`stored ${named}`), bytes: named.length };
}

const digest = name.map((one) => digestOf(one));

const filter: fc.Arbitrary<RecordFilter> = fc.record(
  {
    prefix: name.chain((one) =>
      fc.nat({ max: 64 }).map((length) => digestOf(`call ${one}`).slice(0, length)),
    ),
    task: fc.constantFrom('train', 'test', 'none', '\u0000 "ü"'),
    identity: fc.constantFrom('p/m train', 'none'),
    kind: fc.constantFrom('call' as const, 'graph' as const),
    state: fc.constantFrom('begun' as const, 'success' as const, 'failure' as const),
    run: fc.constantFrom('one', 'two'),
    result: digest,
    argument: digest,
    args: fc.dictionary(fc.constantFrom('x', 'y', 'm'), fc.option(digest, { nil: undefined })),
    address: name.map((one) => digestOf(`stored ${one}`)),
    sinceMs: fc.nat({ max: 3 }),
    untilMs: fc.nat({ max: 4 }),
    limit: fc.nat({ max: 5 }),
  },
  { requiredKeys: [] },
);

type Operation =
  | {
      readonly kind: 'put' | 'get' | 'delete';
      readonly value: { readonly name: string; readonly length: number };
    }
  | { readonly kind: 'putRecord'; readonly record: CallRecord }
  | { readonly kind: 'deleteRecord'; readonly key: Digest }
  | { readonly kind: 'select'; readonly filter: RecordFilter }
  | { readonly kind: 'flush' | 'turn' | 'again' };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constantFrom('put' as const, 'get' as const, 'delete' as const), value }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('putRecord' as const), record }) },
  fc.record({ kind: fc.constant('deleteRecord' as const), key: name.map((one) => digestOf(`call ${one}`)) }),
  fc.record({ kind: fc.constant('select' as const), filter }),
  fc.record({ kind: fc.constantFrom('flush' as const, 'turn' as const, 'again' as const) }),
);

/** A cache on trial, and what it must give. */
class Trial {
  readonly #path = join(newFolder(), 'cache.db');
  cache: SqliteBackend = openSqlite(this.#path);
  readonly values = new Map<Digest, Uint8Array>();
  readonly records = new Map<Digest, CallRecord>();

  /** @returns what was given, and what was to be given */
  async do(operation: Operation): Promise<readonly (readonly [given: unknown, meant: unknown])[]> {
    const { values: store, calls: records } = this.cache;
    switch (operation.kind) {
      case 'put':
      case 'get':
      case 'delete':
        return await this.#useValue(
          operation.kind,
          Buffer.alloc(operation.value.length, operation.value.name),
        );
      case 'putRecord': {
        const { record } = operation;
        void records.put(record);
        this.records.set(record.key, record);
        return [[await records.get(record.key), record]];
      }
      case 'deleteRecord': {
        const wasThere = await records.delete(operation.key);
        const meant = this.records.delete(operation.key);
        return [
          [wasThere, meant],
          [await records.get(operation.key), undefined],
        ];
      }
      case 'select': {
        const fitting = [...this.records.values()].filter((found) => fits(found, operation.filter));
        const meant = fitting.sort(newestFirst).slice(0, operation.filter.limit);
        return [[await Array.fromAsync(records.select(operation.filter)), meant]];
      }
      case 'flush':
        return [[await store.flush(), undefined]];
      case 'turn':
        await new Promise(setImmediate);
        return [];
      case 'again':
        await this.cache.close();
        this.cache = openSqlite(this.#path);
        return [];
    }
  }

  async #useValue(
    kind: 'put' | 'get' | 'delete',
    bytes: Uint8Array,
  ): Promise<readonly (readonly [given: unknown, meant: unknown])[]> {
    const { values: store } = this.cache;
    const at = digestOf(bytes);
    const deleted: [unknown, unknown][] = [];
    if (kind === 'put') {
      void store.put(at, bytes);
      this.values.set(at, bytes);
    } else if (kind === 'delete') {
      const wasThere = await store.delete(at);
      deleted.push([wasThere, this.values.delete(at)]);
    }
    const got = await store.get(at);
    return [
      ...deleted,
      [got && Buffer.from(got).toString(), this.values.get(at)?.toString()],
      [await store.has(at), this.values.has(at)],
    ];
  }
}

test('a cache in a database gives what maps give, whatever is done', { timeout: limitMs }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
      const trial = new Trial();
      try {
        for (const one of operations) {
          for (const [given, meant] of await trial.do(one)) expect(given).toEqual(meant);
        }
        const entries = await Array.fromAsync(trial.cache.values.entries());
        expect(new Map(entries.map((entry) => [entry.digest, entry.bytes]))).toEqual(
          new Map([...trial.values].map(([at, bytes]) => [at, bytes.length])),
        );
        for (const [key, kept] of trial.records) expect(await trial.cache.calls.get(key)).toEqual(kept);
      } finally {
        await trial.cache.close();
      }
    }),
    { numRuns: 150 },
  );
});

test('select() pages through many records in their order', { timeout: limitMs }, async () => {
  const cache = openSqlite(join(newFolder(), 'cache.db'));
  const all = Array.from(
    { length: 1_500 },
    (_, i): CallRecord => ({
      key: digestOf(`call ${i}`),
      kind: 'call',
      task: i % 2 === 0 ? 'even' : 'odd',
      identity: 'p/m task',
      version: 'version:1',
      sources: undefined,
      state: 'success',
      args: [{ name: 'x', members: undefined, ...refTo(`${i % 3}`) }],
      result: undefined,
      failure: undefined,
      run: undefined,
      // Many of one moment, so that pages end among them.
      startedMs: Math.floor(i / 400),
      settledMs: undefined,
      metadata: {},
    }),
  );
  for (const one of all) void cache.calls.put(one);
  for (const filter of [{}, { task: 'odd' }, { argument: digestOf('1') }, { prefix: '5' }, { sinceMs: 2 }]) {
    expect((await Array.fromAsync(cache.calls.select(filter))).map(({ key }) => key)).toEqual(
      all
        .filter((one) => fits(one, filter))
        .sort(newestFirst)
        .map(({ key }) => key),
    );
  }
  await cache.close();
});

test('runs() pages through many runs in their order, and entriesOf() through many entries', {
  timeout: limitMs,
}, async () => {
  const { calls: records, ...cache } = openHalf(join(newFolder(), 'cache.db'));
  const ids = Array.from({ length: 700 }, (_, i) => `run-${String(i).padStart(4, '0')}`);
  for (const [i, id] of ids.entries()) {
    void records.putRun({
      id,
      startedMs: Math.floor(i / 300),
      settledMs: undefined,
      is: 'running',
      where: 'here:1',
      executor: 'inline',
      metadata: {},
    });
  }
  expect((await Array.fromAsync(records.runs())).map(({ id }) => id)).toEqual([...ids].reverse());
  const entries = Array.from({ length: 2_500 }, (_, i) => ({
    key: digestOf(`call ${i}`),
    task: 'add',
    how: 'retrieved' as const,
    startedMs: i,
    durationMs: 0.5,
  }));
  void records.addEntries('run-0001', entries);
  expect(await Array.fromAsync(records.entriesOf('run-0001'))).toEqual(entries);
  await cache.close();
});

function openHalf(path: string): Pick<ReturnType<typeof openSqlite>, 'calls' | 'close'> {
  const cache = openSqlite(path);
  return { calls: cache.calls, close: () => cache.close() };
}
