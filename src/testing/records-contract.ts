/**
 * The contract of records, as cases that any test framework can run.
 *
 * Records that pass them can be used for caches. A case fails by throwing.
 */

import assert from 'node:assert/strict';
import type { MaybePromise } from '../base/maybe-promise.ts';
import type { CallRecord } from '../cache/record.ts';
import type { RecordFilter, Records } from '../cache/records.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import {
  all,
  argumentNamed,
  begunMs,
  callNamed,
  claimOf,
  digestNamed,
  entryNamed,
  refTo,
  runNamed,
} from './contract/stored-records.ts';
import type { ContractCase } from './executor-contract.ts';

/** Records on trial. */
export interface RecordsSubject {
  /** Opens fresh ones, which are empty. The case that asked for them closes them. */
  open(): MaybePromise<Records>;
  /** Opens what another process would open to share records that `open` gave. Left out if none can. */
  again?(records: Records): MaybePromise<Records>;
  /** Changes what is kept of the record of a key, as a failing disk would. Left out if that cannot be done. */
  damage?(records: Records, key: Digest): MaybePromise<void>;
}

/** What a case is given. */
interface RecordsTrial {
  readonly records: Records;
  readonly again: () => Promise<Records>;
  readonly damage: (key: Digest) => Promise<void>;
}

type RecordsCase = (trial: RecordsTrial) => Promise<void>;

/**
 * Gives the contract's cases for records: those that fit them, by what the subject can do. Give each its own time limit.
 *
 * @example
 * ```ts
 * import { recordsContract } from 'heddle/testing';
 *
 * // Those that forget all that they are given pass but few.
 * const cases = recordsContract({
 *   open: () => ({
 *     name: 'nothing',
 *     descriptor: undefined,
 *     get: () => undefined,
 *     put: () => undefined,
 *     delete: () => false,
 *     async *select() {},
 *     claim: () => undefined,
 *     renew: () => undefined,
 *     release: () => undefined,
 *     putRun: () => undefined,
 *     addEntries: () => undefined,
 *     async *runs() {},
 *     async *entriesOf() {},
 *     deleteRun: () => false,
 *     flush: () => undefined,
 *     close: async () => undefined,
 *   }),
 * });
 * const ends = await Promise.allSettled(cases.map(({ run }) => run()));
 * assert.ok(ends.filter(({ status }) => status === 'rejected').length > 15);
 * ```
 */
export function recordsContract(subject: RecordsSubject): readonly ContractCase[] {
  const cases = {
    ...callCases,
    ...selectCases,
    ...claimCases,
    ...runCases,
    ...(subject.again === undefined ? {} : sharedCases),
    ...(subject.damage === undefined ? {} : damageCases),
  };
  return Object.entries(cases).map(([name, body]) => ({ name, run: () => onTrial(subject, body) }));
}

async function onTrial(subject: RecordsSubject, body: RecordsCase): Promise<void> {
  const records = await subject.open();
  const opened = [records];
  try {
    await body({
      records,
      again: async () => {
        const other = await subject.again?.(records);
        assert.ok(other !== undefined);
        opened.push(other);
        return other;
      },
      damage: async (key) => subject.damage?.(records, key),
    });
  } finally {
    for (const one of opened) await one.close();
  }
}

async function putAll(records: Records, ...some: readonly CallRecord[]): Promise<void> {
  for (const record of some) await records.put(record);
  await records.flush();
}

async function keysOf(records: Records, filter: RecordFilter): Promise<readonly Digest[]> {
  return (await all(records.select(filter))).map(({ key }) => key);
}

const nowMs = begunMs;

/** A record in which all is set that can be. */
const full = callNamed('full', {
  kind: 'graph',
  task: 'täsk "quoted" \n 🧵',
  version: `source:${digestNamed('source')}`,
  sources: digestNamed('list of sources'),
  args: [
    argumentNamed('a', 'one'),
    argumentNamed('0', 'two', { lr: digestNamed('0.1'), 'odd name': digestNamed('odd') }),
    { name: 'unstored', digest: digestNamed('unstored'), address: undefined, bytes: 0, members: undefined },
  ],
  run: 'run-1',
  startedMs: begunMs + 0.25,
  metadata: { tags: ['a', 'b'], deep: { nothing: null, yes: true, number: -1.5e-7 }, text: '' },
});

const failed = callNamed('failed', {
  state: 'failure',
  result: undefined,
  failure: {
    reason: 'threw',
    summary: 'RangeError: no',
    address: digestNamed('error'),
    untilMs: begunMs + 1,
  },
});

const begun = callNamed('begun', { state: 'begun', result: undefined, settledMs: undefined });

const callCases: Readonly<Record<string, RecordsCase>> = {
  'name says what they are': async ({ records }) => {
    assert.ok(records.name.length > 0);
  },
  'descriptor is plain data, or undefined': async ({ records }) => {
    assert.deepEqual(structuredClone(records.descriptor), records.descriptor);
    if (records.descriptor !== undefined) assert.equal(typeof records.descriptor.kind, 'string');
  },
  'get() gives undefined for what was never put': async ({ records }) => {
    assert.equal(await records.get(digestNamed('nothing')), undefined);
  },
  'get() gives the record that was put, with all its members': async ({ records }) => {
    for (const record of [full, failed, begun]) {
      await putAll(records, record);
      assert.deepEqual(await records.get(record.key), record);
    }
  },
  'put() is seen by this process at once': async ({ records }) => {
    void records.put(begun);
    assert.deepEqual(await records.get(begun.key), begun);
  },
  'put() takes the place of a record of the same key, in the order of the calls': async ({ records }) => {
    const versions = Array.from({ length: 20 }, (_, i) => callNamed('same', { task: `version ${i}` }));
    await Promise.all(versions.map(async (record) => records.put(record)));
    assert.equal((await records.get(digestNamed('call same')))?.task, 'version 19');
    await records.flush();
    assert.equal((await records.get(digestNamed('call same')))?.task, 'version 19');
    assert.equal((await all(records.select({}))).length, 1);
  },
  'put() takes many at once': async ({ records }) => {
    const many = Array.from({ length: 300 }, (_, i) => callNamed(`many ${i}`));
    await Promise.all(many.map(async (record) => records.put(record)));
    await records.flush();
    assert.equal((await all(records.select({}))).length, 300);
  },
  'delete() lets go of a record, and says whether there was one': async ({ records }) => {
    await putAll(records, full, failed);
    assert.equal(await records.delete(full.key), true);
    assert.equal(await records.delete(full.key), false);
    assert.equal(await records.get(full.key), undefined);
    assert.deepEqual(await keysOf(records, {}), [failed.key]);
  },
  'delete() comes after what was put before': async ({ records }) => {
    void records.put(full);
    assert.equal(await records.delete(full.key), true);
    await records.flush();
    assert.equal(await records.get(full.key), undefined);
  },
  'flush() settles when nothing was put': async ({ records }) => {
    await records.flush();
    await records.flush();
  },
  'close() settles, also when it is called again': async ({ records }) => {
    await putAll(records, full);
    await records.close();
    await records.close();
  },
};

/** Five records, of which each is older than the one before. */
const five = [
  callNamed('p', {
    task: 'train',
    args: [argumentNamed('rate', 'r1', { lr: digestNamed('0.1') })],
    run: 'A',
  }),
  callNamed('q', {
    task: 'train',
    args: [argumentNamed('rate', 'r2', { lr: digestNamed('0.2') })],
    run: 'B',
  }),
  callNamed('r', {
    identity: 'other/module add',
    args: [argumentNamed('x', 'r1')],
    sources: digestNamed('list'),
  }),
  callNamed('s', { kind: 'graph', state: 'begun', result: undefined, settledMs: undefined }),
  { ...failed, key: digestNamed('call t') },
].map((record, age) => ({ ...record, startedMs: begunMs - age * 1000 }));

const [p, q, r, s, t] = five.map(({ key }) => key) as [Digest, Digest, Digest, Digest, Digest];

const filters: readonly (readonly [what: string, filter: RecordFilter, keys: readonly Digest[]])[] = [
  ['all, the newest first', {}, [p, q, r, s, t]],
  ['by the key', { prefix: q }, [q]],
  ['by the beginning of a key', { prefix: r.slice(0, 12) }, [r]],
  ['by a prefix that none has', { prefix: 'no' }, []],
  ['by task', { task: 'train' }, [p, q]],
  ['by identity', { identity: 'other/module add' }, [r]],
  ['by kind', { kind: 'graph' }, [s]],
  ['by state', { state: 'failure' }, [t]],
  ['by run', { run: 'B' }, [q]],
  ['by result', { result: digestNamed('result of q') }, [q]],
  ['by argument', { argument: digestNamed('r1') }, [p, r]],
  ['by the name of an argument', { args: { rate: undefined } }, [p, q]],
  ['by name and digest of an argument', { args: { rate: digestNamed('r2') } }, [q]],
  ['by the name of a member', { args: { lr: undefined } }, [p, q]],
  ['by name and digest of a member', { args: { lr: digestNamed('0.1') } }, [p]],
  [
    'by several arguments, which must all fit',
    { args: { rate: digestNamed('r1'), lr: digestNamed('0.2') } },
    [],
  ],
  ['by a name that every object has', { args: { constructor: undefined } }, []],
  ['by where the result is stored', { address: refTo('result of r').address as Digest }, [r]],
  ['by where an argument is stored', { address: refTo('r1').address as Digest }, [p, r]],
  ['by where the error is stored', { address: digestNamed('error') }, [t]],
  ['by where the list of sources is stored', { address: digestNamed('list') }, [r]],
  ['from a moment on', { sinceMs: begunMs - 1000 }, [p, q]],
  ['before a moment', { untilMs: begunMs - 3000 }, [t]],
  ['between two moments', { sinceMs: begunMs - 3000, untilMs: begunMs - 1000 }, [r, s]],
  ['no more than asked for', { limit: 2 }, [p, q]],
  ['none, if none is asked for', { limit: 0 }, []],
  ['by several members, which must all fit', { task: 'train', run: 'A', state: 'success' }, [p]],
  ['none, if none fits', { task: 'train', kind: 'graph' }, []],
];

const selectCases: Readonly<Record<string, RecordsCase>> = {
  ...Object.fromEntries(
    filters.map(([what, filter, keys]): readonly [string, RecordsCase] => [
      `select() gives ${what}`,
      async ({ records }) => {
        await putAll(records, ...[...five].reverse());
        assert.deepEqual(await keysOf(records, filter), keys);
      },
    ]),
  ),
  'select() gives whole records': async ({ records }) => {
    await putAll(records, full);
    assert.deepEqual(await all(records.select({ task: full.task })), [full]);
  },
  'select() finds a record by what it is now, not by what it was': async ({ records }) => {
    await putAll(records, callNamed('x', { task: 'before', args: [argumentNamed('a', 'before')] }));
    await putAll(records, callNamed('x', { task: 'after', args: [argumentNamed('a', 'after')] }));
    assert.deepEqual(await keysOf(records, { task: 'before' }), []);
    assert.deepEqual(await keysOf(records, { argument: digestNamed('before') }), []);
    assert.equal((await keysOf(records, { argument: digestNamed('after') })).length, 1);
  },
  'select() goes on while records are put and deleted': async ({ records }) => {
    await putAll(records, ...five);
    const seen: Digest[] = [];
    for await (const { key } of records.select({})) {
      seen.push(key);
      await records.delete(t);
      await putAll(records, callNamed(`new ${seen.length}`, { startedMs: begunMs - 10_000 }));
      if (seen.length === 4) break;
    }
    assert.deepEqual(seen, [p, q, r, s]);
  },
};

const claimCases: Readonly<Record<string, RecordsCase>> = {
  'claim() is made by the first, and tells the others who has it': async ({ records }) => {
    const key = digestNamed('claimed');
    assert.equal(await records.claim(key, claimOf('one'), nowMs), undefined);
    assert.deepEqual(await records.claim(key, claimOf('two'), nowMs), claimOf('one'));
    assert.equal(await records.claim(digestNamed('other'), claimOf('two'), nowMs), undefined);
  },
  'claim() is made by one alone of many at once': async ({ records }) => {
    const key = digestNamed('claimed');
    const ends = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => records.claim(key, claimOf(`owner ${i}`), nowMs)),
    );
    const [winner, ...others] = ends.flatMap((end, i) => (end === undefined ? [`owner ${i}`] : []));
    assert.deepEqual(others, []);
    assert.ok(ends.every((end) => end === undefined || end.owner === winner));
  },
  'claim() is made again by who has it, and lasts longer then': async ({ records }) => {
    const key = digestNamed('claimed');
    await records.claim(key, claimOf('one'), nowMs);
    const later = claimOf('one', { untilMs: nowMs + 90_000 });
    assert.equal(await records.claim(key, later, nowMs), undefined);
    assert.deepEqual(await records.claim(key, claimOf('two'), nowMs + 80_000), later);
  },
  'claim() takes over one that is over': async ({ records }) => {
    const key = digestNamed('claimed');
    await records.claim(key, claimOf('one', { untilMs: nowMs + 10 }), nowMs);
    assert.equal((await records.claim(key, claimOf('two'), nowMs + 9))?.owner, 'one');
    assert.equal(await records.claim(key, claimOf('two'), nowMs + 10), undefined);
    assert.equal((await records.claim(key, claimOf('one'), nowMs + 11))?.owner, 'two');
  },
  'claim() keeps any text as owner and host, and parts of a millisecond': async ({ records }) => {
    const key = digestNamed('claimed');
    const odd = claimOf('a/b, c*"ü"', { host: '::1%en0', untilMs: nowMs + 0.5 });
    await records.claim(key, odd, nowMs);
    assert.deepEqual(await records.claim(key, claimOf('two'), nowMs), odd);
  },
  'renew() makes all claims of an owner last longer, and no others': async ({ records }) => {
    const [one, two, other] = ['one', 'two', 'other'].map(digestNamed) as [Digest, Digest, Digest];
    const short = { untilMs: nowMs + 10 };
    await records.claim(one, claimOf('me', short), nowMs);
    await records.claim(two, claimOf('me', short), nowMs);
    await records.claim(other, claimOf('you', short), nowMs);
    await records.renew('me', nowMs + 1000);
    const taken = [one, two, other].map(async (key) => records.claim(key, claimOf('third'), nowMs + 500));
    assert.deepEqual(
      (await Promise.all(taken)).map((held) => held?.owner),
      ['me', 'me', undefined],
    );
  },
  'renew() of an owner without claims does nothing': async ({ records }) => {
    await records.renew('nobody', nowMs + 1000);
    assert.equal(await records.claim(digestNamed('free'), claimOf('one'), nowMs), undefined);
  },
  'release() gives up a claim of the owner, and of no other': async ({ records }) => {
    const key = digestNamed('claimed');
    await records.claim(key, claimOf('one'), nowMs);
    await records.release(key, 'two');
    assert.equal((await records.claim(key, claimOf('two'), nowMs))?.owner, 'one');
    await records.release(key, 'one');
    assert.equal(await records.claim(key, claimOf('two'), nowMs), undefined);
    await records.release(digestNamed('never claimed'), 'one');
  },
  'renew() does not bring back a claim that was given up or taken over': async ({ records }) => {
    const [given, taken] = ['given', 'taken'].map(digestNamed) as [Digest, Digest];
    await records.claim(given, claimOf('one'), nowMs);
    await records.claim(taken, claimOf('one', { untilMs: nowMs + 1 }), nowMs);
    await records.release(given, 'one');
    await records.claim(taken, claimOf('two'), nowMs + 2);
    await records.renew('one', nowMs + 90_000);
    assert.equal(await records.claim(given, claimOf('two'), nowMs), undefined);
    assert.equal((await records.claim(taken, claimOf('one'), nowMs + 3))?.owner, 'two');
  },
};

const runCases: Readonly<Record<string, RecordsCase>> = {
  'runs() gives runs, the newest first': async ({ records }) => {
    const some = [2, 0, 1].map((i) => runNamed(`run-${i}`, { startedMs: begunMs + i }));
    for (const run of some) await records.putRun(run);
    await records.flush();
    assert.deepEqual(
      (await all(records.runs())).map(({ id }) => id),
      ['run-2', 'run-1', 'run-0'],
    );
  },
  'putRun() takes the place of what was known, and keeps all members': async ({ records }) => {
    await records.putRun(runNamed('run'));
    const over = runNamed('run', {
      settledMs: begunMs + 5.5,
      is: 'cancelled',
      metadata: { git: { branch: 'main', isDirty: false } },
    });
    await records.putRun(over);
    await records.flush();
    assert.deepEqual(await all(records.runs()), [over]);
  },
  'entriesOf() gives what was added, in its order': async ({ records }) => {
    await records.putRun(runNamed('run'));
    const entries = Array.from({ length: 50 }, (_, i) =>
      entryNamed(`${i}`, {
        how: (['computed', 'failed', 'attached', 'retrieved'] as const)[i % 4] as 'failed',
      }),
    );
    await records.addEntries('run', entries.slice(0, 20));
    await records.addEntries('run', []);
    await records.addEntries('run', entries.slice(20));
    await records.flush();
    assert.deepEqual(await all(records.entriesOf('run')), entries);
    assert.deepEqual(await all(records.entriesOf('other')), []);
  },
  'entriesOf() keeps what happened to one call more than once': async ({ records }) => {
    await records.putRun(runNamed('run'));
    const entries = [entryNamed('same'), entryNamed('same', { how: 'attached' }), entryNamed('same')];
    await records.addEntries('run', entries);
    await records.flush();
    assert.deepEqual(await all(records.entriesOf('run')), entries);
  },
  'deleteRun() forgets a run with its entries, and says whether there was one': async ({ records }) => {
    for (const id of ['kept', 'gone']) {
      await records.putRun(runNamed(id));
      await records.addEntries(id, [entryNamed(id)]);
    }
    await records.flush();
    assert.equal(await records.deleteRun('gone'), true);
    assert.equal(await records.deleteRun('gone'), false);
    await records.flush();
    assert.deepEqual(
      (await all(records.runs())).map(({ id }) => id),
      ['kept'],
    );
    assert.deepEqual(await all(records.entriesOf('gone')), []);
    assert.equal((await all(records.entriesOf('kept'))).length, 1);
  },
};

const sharedCases: Readonly<Record<string, RecordsCase>> = {
  'flush() lets others see what was put': async ({ records, again }) => {
    const other = await again();
    void records.put(full);
    void records.putRun(runNamed('run'));
    void records.addEntries('run', [entryNamed('a')]);
    await records.flush();
    assert.deepEqual(await other.get(full.key), full);
    assert.deepEqual(await keysOf(other, { task: full.task }), [full.key]);
    assert.equal((await all(other.runs())).length, 1);
    assert.equal((await all(other.entriesOf('run'))).length, 1);
  },
  'close() keeps what was put, and gives up all claims': async ({ records, again }) => {
    const other = await again();
    void records.put(full);
    await records.claim(full.key, claimOf('one'), nowMs);
    assert.equal((await other.claim(full.key, claimOf('two'), nowMs))?.owner, 'one');
    await records.close();
    assert.deepEqual(await other.get(full.key), full);
    assert.equal(await other.claim(full.key, claimOf('two'), nowMs), undefined);
  },
  'close() leaves the claims of others': async ({ records, again }) => {
    const [other, third] = [await again(), await again()];
    await other.claim(full.key, claimOf('two'), nowMs);
    await records.close();
    assert.equal((await third.claim(full.key, claimOf('three'), nowMs))?.owner, 'two');
  },
  'claim() is seen by others at once, and made by one alone': async ({ records, again }) => {
    const other = await again();
    for (let i = 0; i < 20; i++) {
      const key = digestNamed(`claimed ${i}`);
      const ends = await Promise.all([
        Promise.resolve(records.claim(key, claimOf('one'), nowMs)),
        Promise.resolve(other.claim(key, claimOf('two'), nowMs)),
      ]);
      assert.equal(ends.filter((end) => end === undefined).length, 1);
    }
  },
  'claim() that is over is taken over by one alone of many': async ({ records, again }) => {
    const others = [await again(), await again(), await again()];
    for (let i = 0; i < 10; i++) {
      const key = digestNamed(`claimed ${i}`);
      await records.claim(key, claimOf('gone', { untilMs: nowMs - 1 }), nowMs - 2);
      const ends = await Promise.all(
        others.map(async (one, index) => one.claim(key, claimOf(`other ${index}`), nowMs)),
      );
      assert.equal(ends.filter((end) => end === undefined).length, 1);
    }
  },
  'release() by another gives up the claim of an owner that is gone': async ({ records, again }) => {
    const other = await again();
    await records.claim(full.key, claimOf('gone'), nowMs);
    await other.release(full.key, 'gone');
    assert.equal(await other.claim(full.key, claimOf('two'), nowMs), undefined);
    await records.renew('gone', nowMs + 1000);
    assert.equal((await records.claim(full.key, claimOf('gone'), nowMs))?.owner, 'two');
  },
};

const damageCases: Readonly<Record<string, RecordsCase>> = {
  'get() and select() leave out a damaged record, and put() mends it': async ({ records, damage }) => {
    await putAll(records, full, failed);
    await damage(full.key);
    assert.equal(await records.get(full.key), undefined);
    assert.deepEqual(await keysOf(records, {}), [failed.key]);
    await putAll(records, full);
    assert.deepEqual(await records.get(full.key), full);
  },
};
