/**
 * Caches kept by servers, against real ones: they pass the contracts, and trouble with a server is a miss, never a wrong or a
 * hung answer.
 */

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { Backend } from '../../src/cache/backend.ts';
import type { Records } from '../../src/cache/records.ts';
import { openPostgres } from '../../src/cache-postgres.ts';
import { openRedis } from '../../src/cache-redis.ts';
import type { Digest } from '../../src/codec/canonical/digester.ts';
import { bind, openCache, openThreads, run, task, tasks } from '../../src/index.ts';
import { CacheOpenError } from '../../src/store/cache-open-error.ts';
import type { Store } from '../../src/store/store.ts';
import { build } from '../../tools/build.ts';
import { ProgramFolder } from '../fixtures/run-program.ts';
import { testRecords, testStore } from '../fixtures/run-store-contract.ts';
import { type NoServer, startPostgres, startRedis, type TestServer } from '../fixtures/servers.ts';
import { square } from '../fixtures/tasks/kept-tasks.ts';

const limitMs = 30_000;

let computed = 0;
const { slow } = tasks(import.meta, {
  slow: task(
    (x: number) => {
      computed++;
      return x ** 2;
    },
    { version: 1 },
  ),
});

interface Kind {
  readonly name: string;
  readonly server: TestServer | NoServer;
  open(space: string, timeoutMs?: number): Promise<Backend>;
  /** Changes what is kept of a value, or of a record, by hand. */
  damage(space: string, what: 'value' | 'call', key: Digest): Promise<void>;
  /** Says that what is kept is of a version to come. */
  age(space: string): Promise<void>;
}

const started = { redis: await startRedis(), postgres: await startPostgres() };
// Programs import the built package.
beforeAll(() => {
  const { built, output } = build();
  if (!built) throw new Error(output);
}, limitMs);
afterAll(async () => {
  for (const server of Object.values(started)) if ('url' in server) await server[Symbol.asyncDispose]();
});
const urlOf = (server: TestServer | NoServer): string => ('url' in server ? server.url : '');

async function inRedis(...command: string[]): Promise<void> {
  const client = createClient({ url: urlOf(started.redis) });
  await client.connect();
  await client.sendCommand(command);
  await client.close();
}

async function inPostgres(text: string, values: unknown[] = []): Promise<void> {
  const client = new pg.Client(urlOf(started.postgres));
  await client.connect();
  await client.query(text, values);
  await client.end();
}

const kinds: readonly Kind[] = [
  {
    name: 'openRedis',
    server: started.redis,
    open: (prefix, timeoutMs = 5000) =>
      openRedis({ url: urlOf(started.redis), prefix: `${prefix}:`, timeoutMs }),
    damage: (prefix, what, key) => inRedis('SETRANGE', `${prefix}:${what}:${key}`, '0', '\x07'),
    age: (prefix) => inRedis('SET', `${prefix}:format`, '99'),
  },
  {
    name: 'openPostgres',
    server: started.postgres,
    open: (schema, timeoutMs = 5000) => openPostgres({ url: urlOf(started.postgres), schema, timeoutMs }),
    damage: (schema, what, key) =>
      inPostgres(
        what === 'value'
          ? `UPDATE "${schema}".stored SET data = set_byte(data, 0, 7) WHERE key = $1`
          : `UPDATE "${schema}".calls SET data = 'x' || data WHERE key = $1`,
        [Buffer.from(key, 'hex')],
      ),
    age: (schema) => inPostgres(`UPDATE "${schema}".format SET version = 99`),
  },
];

const newSpace = (): string => `t${randomBytes(8).toString('hex')}`;
const spaceOf = ({ descriptor }: Store | Records): string =>
  String(descriptor?.['schema'] ?? descriptor?.['prefix']).replace(':', '');

async function half<Half extends 'values' | 'calls'>(
  opening: Promise<Backend>,
  which: Half,
): Promise<Backend[Half]> {
  const backend = await opening;
  // The other is closed, so that the connection is when this one is.
  await backend[which === 'values' ? 'calls' : 'values'].close();
  return backend[which];
}

for (const { name, server, open, damage, age } of kinds) {
  const needs = 'url' in server ? '' : `: needs Debian's package ${server.missing}`;
  const running = server as TestServer;

  describe.skipIf(needs !== '')(`${name}()${needs}`, { timeout: limitMs }, () => {
    test('is opened again by workers, for what is bound to a cache over it', async () => {
      // By the name of a variable: no descriptor holds a password.
      const variable = 'HEDDLE_TEST_SERVER';
      process.env[variable] = urlOf(server);
      const backend = name === 'openRedis' ? openRedis({ variable }) : openPostgres({ variable });
      await using cache = await openCache(await backend);
      await using threads = openThreads({ workers: 1 });
      expect(await threads.submit(bind(square, { cache }), 5)).toBe(25);
      expect(await cache.has(cache.digest(square, 5))).toBe(true);
    });

    testStore(`${name}().values`, {
      open: () => half(open(newSpace()), 'values'),
      again: (store) => half(open(spaceOf(store)), 'values'),
      damage: (store, digest) => damage(spaceOf(store), 'value', digest),
    });
    testRecords(`${name}().calls`, {
      open: () => half(open(newSpace()), 'calls'),
      again: (records) => half(open(spaceOf(records)), 'calls'),
      damage: (records, key) => damage(spaceOf(records), 'call', key),
    });

    test('lets caches of several processes share what is computed, and compute a call once', async () => {
      computed = 0;
      const space = newSpace();
      const caches = await Promise.all([1, 2].map(async () => openCache(await open(space))));
      const ends = await Promise.all(
        caches.flatMap((cache) => [1, 2, 3].map((x) => run(slow(x), { cache, cacheAll: true }))),
      );
      expect(ends).toEqual([1, 4, 9, 1, 4, 9]);
      expect(computed).toBe(3);
      for (const cache of caches) await cache.close();
    });

    test('tells no password, neither in names nor in descriptors', async () => {
      const { values: store, calls: records } = await open(newSpace());
      expect(JSON.stringify([store.name, store.descriptor, records.name, records.descriptor])).not.toContain(
        'secret',
      );
      await store.close();
      await records.close();
    });

    test('refuses what is of a later heddle, and leaves it as it is', async () => {
      const space = newSpace();
      const { values: store, calls: records } = await open(space);
      await store.close();
      await records.close();
      await age(space);
      await expect(open(space)).rejects.toThrow(CacheOpenError);
      await expect(open(space)).rejects.toThrow(/received version 99/);
    });

    test('does not hold up a program that leaves a cache open', async () => {
      using folder = new ProgramFolder({
        'main.js': `
          const { openPostgres } = await import('heddle/cache/postgres');
          const { openRedis } = await import('heddle/cache/redis');
          const { openCache, run, task, tasks } = await import('heddle');
          const { slow } = tasks(import.meta, { slow: task((x) => x ** 2, { version: 1, cache: true }) });
          const cache = await openCache(await ${name}({ url: '${running.url}' }));
          console.log(await run(slow(3), { cache }));
        `,
      });
      expect(await folder.run('main.js')).toMatchObject({ code: 0, stdout: '9\n', stderr: '' });
    });

    test('refuses options that are wrong', async () => {
      await expect(open('no name"')).rejects.toThrow(TypeError);
    });

    test('computes when the server ends, and remembers when it is back', async () => {
      computed = 0;
      const troubles: string[] = [];
      const cache = await openCache(await open(newSpace(), 1000), {
        onTrouble: ({ what }) => void troubles.push(what),
      });
      const ask = (x: number): Promise<number> => run(slow(x), { cache, cacheAll: true });
      expect(await ask(3)).toBe(9);
      await cache.flush();
      await running.stop();
      expect(await ask(3)).toBe(9);
      expect(await ask(4)).toBe(16);
      expect(computed).toBe(3);
      await cache.flush();
      expect(troubles).toContain('look for a call');
      await running.start();
      // It is connected anew within two seconds.
      await expect
        .poll(
          async () => {
            await ask(3);
            return computed;
          },
          { timeout: 20_000 },
        )
        .toBeGreaterThan(0);
      await expect
        .poll(
          async () => {
            const before = computed;
            await ask(5);
            await cache.flush();
            return computed - before;
          },
          { timeout: 20_000, interval: 100 },
        )
        .toBe(0);
      await cache.close();
    });

    test('computes when the server gives no answer, after one wait', async () => {
      const cache = await openCache(await open(newSpace(), 500), { onTrouble: 'ignore' });
      running.pause();
      try {
        const startedMs = systemClock.nowMs();
        const ends: number[] = [];
        for (let x = 0; x < 20; x++) ends.push(await run(slow(x), { cache, cacheAll: true }));
        await cache.close();
        expect(ends).toEqual(Array.from({ length: 20 }, (_, x) => x ** 2));
        // Each of twenty calls asks three times.
        expect(systemClock.nowMs() - startedMs).toBeLessThan(10_000);
      } finally {
        running.resume();
      }
    });
  });
}

test('openPostgres() and openRedis() tell when there is no server', { timeout: limitMs }, async () => {
  await expect(openRedis({ url: 'redis://127.0.0.1:1', timeoutMs: 1000 })).rejects.toThrow(CacheOpenError);
  await expect(openPostgres({ url: 'postgres://me:secret@127.0.0.1:1/x', timeoutMs: 1000 })).rejects.toThrow(
    /^Cannot open the cache in postgres:\/\/me@127\.0\.0\.1:1\/x as the server does not let it/,
  );
  await expect(openRedis({})).rejects.toThrow("needs one of the options 'url' and 'variable'");
  await expect(openPostgres({ variable: 'HEDDLE_NO_SUCH' })).rejects.toThrow(
    "the environment variable 'HEDDLE_NO_SUCH' is not set",
  );
});
