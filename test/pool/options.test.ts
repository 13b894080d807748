/** Options of pools that make no sense are refused at once, with a message that names them. */

import { describe, expect, test } from 'vitest';
import { openPool, type PoolKind } from '../../src/index.ts';
import { poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { isolatedKinds, kinds, opened } from './opened.ts';

const { same } = poolTasks;

describe.each(kinds)('on %s, openPool() refuses', (kind) => {
  test.each<[string, unknown, string]>([
    ['workers', 0, "'workers' must be a positive integer: received 0"],
    ['workers', '2', "'workers' must be a positive integer: received 2"],
    ['maxCallsPerWorker', 0, "'maxCallsPerWorker' must be a positive integer: received 0"],
    ['maxCallsPerWorker', 1.5, "'maxCallsPerWorker' must be a positive integer: received 1.5"],
    ['maxCallsPerWorker', '3', "'maxCallsPerWorker' must be a positive integer: received 3"],
    ['idleTimeoutMs', 0, "'idleTimeoutMs' must be a positive number: received 0"],
    ['idleTimeoutMs', -1, "'idleTimeoutMs' must be a positive number: received -1"],
    ['idleTimeoutMs', '5', "'idleTimeoutMs' must be a positive number: received 5"],
    ['maxMemoryBytes', Number.NaN, "'maxMemoryBytes' must be a positive number: received NaN"],
    ['maxMemoryBytes', null, "'maxMemoryBytes' must be a positive number: received null"],
    ['startTimeoutMs', 0, "'startTimeoutMs' must be a positive number: received 0"],
    ['affinity', 'key', "'affinity' must be a function: received string"],
    ['onEvent', {}, "'onEvent' must be a function: received object"],
  ])('%s: %j', (name, value, message) => {
    expect(() => openPool(same, { kind, [name]: value } as never)).toThrow(
      `Cannot open a pool as ${message}`,
    );
  });

  test('an option that is misspelt, naming the one that was meant', () => {
    expect(() => openPool(same, { kind, idleTimeout: 5 } as never)).toThrow(
      `Cannot open a pool of kind '${kind}' as there is no option 'idleTimeout'\n  'idleTimeoutMs' was probably meant`,
    );
  });

  test('options that are none', () => {
    expect(() =>
      openPool(same, { kind, workers: undefined, idleTimeoutMs: undefined } as never),
    ).not.toThrow();
    expect(() => openPool(same, null as never)).toThrow(TypeError);
  });
});

test.each<[PoolKind, string, unknown]>([
  ['processes', 'resourceLimits', { maxOldGenerationSizeMb: 24 }],
  ['threads', 'cwd', '/'],
  ['inline', 'cwd', '/'],
  ['inline', 'env', {}],
  ['inline', 'execArgv', []],
  ['inline', 'resourceLimits', {}],
])('a pool of %s refuses %s, which others have', (kind, name, value) => {
  expect(() => openPool(same, { kind, [name]: value } as never)).toThrow(
    new RegExp(`^Cannot open a pool of kind '${kind}' as there is no option '${name}'\\n  .*'?workers'?`),
  );
});

test.each(['toString', '__proto__', '', 'thread', null])('there is no kind %j', (kind) => {
  expect(() => openPool(same, { kind } as never)).toThrow(
    `'kind' must be 'threads', 'processes' or 'inline': received '${String(kind)}'`,
  );
});

describe.each(kinds)('on %s, map() refuses', (kind) => {
  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '4', 'automatic', null])(
    'the batch %j',
    (batch) => {
      expect(() => opened(same, { kind }).map([1], { batch: batch as number })).toThrow(
        `Cannot map as 'batch' must be 'auto' or a positive integer: received ${String(batch)}`,
      );
    },
  );

  test('an onEvent that is no function', () => {
    expect(() => opened(same, { kind }).map([1], { onEvent: 'log' as never })).toThrow(/onEvent/);
  });
});

describe.each(isolatedKinds)('on %s', (kind) => {
  test('options that cannot be used fail the calls, and say why', { timeout: 8000 }, async () => {
    const pool = opened(
      same,
      kind === 'threads' ? { kind, execArgv: ['--prof'] } : { kind: 'processes', cwd: '/nowhere/at/all' },
    );
    await expect(pool.submit(1)).rejects.toThrow(
      kind === 'threads' ? /--prof/ : /the working directory is not there/,
    );
    await pool.stop();
  });
});

test('a memory limit with which Node.js would end this process is refused', () => {
  expect(() => openPool(same, { resourceLimits: { maxOldGenerationSizeMb: 1 } })).toThrow(
    /'maxOldGenerationSizeMb' must be at least 3/,
  );
});

test('a working directory that is not there is told', { timeout: 10_000 }, async () => {
  const pool = opened(same, { kind: 'processes', cwd: '/no/such/folder' });
  await expect(pool.submit(1)).rejects.toThrow(
    /the working directory is not there: received '\/no\/such\/folder'/,
  );
});
