/** The throw-away Redis, through a second one of its own, so that the shared one stays whole. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { otherProcesses } from '../../../tools/cluster/daemons.ts';
import { killRedis, redisUrl, startRedis, stopRedis } from '../../../tools/cluster/redis.ts';
import { testCluster } from '../../fixtures/cluster.ts';

describe.skipIf(testCluster().redis === undefined)('startRedis()', () => {
  const at = { folder: '', url: '' };
  const ask = async (url: string, ...command: string[]): Promise<unknown> => {
    const client = createClient({ url, socket: { reconnectStrategy: false } });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await client.sendCommand(command);
    } finally {
      client.destroy();
    }
  };

  beforeAll(async () => {
    at.folder = mkdtempSync(join(tmpdir(), 'heddle-redis-'));
    at.url = await startRedis(at.folder);
  });
  afterAll(async () => {
    await stopRedis(at.folder);
    rmSync(at.folder, { recursive: true, force: true });
  });

  test('asks for its password, which no command line shows', async () => {
    const { password } = new URL(at.url);
    await expect(ask(at.url.replace(password, 'wrong'), 'PING')).rejects.toThrow('WRONGPASS');
    expect(otherProcesses().filter(({ command }) => command.includes(password))).toEqual([]);
  });

  test('has what it had and is where it was after it was killed', async () => {
    await ask(at.url, 'SET', 'kept', 'yes');
    // The log is flushed each second; a process that is killed has at least given it to the system.
    await killRedis(at.folder);
    await expect(ask(at.url, 'PING')).rejects.toThrow('ECONNREFUSED');
    expect(await startRedis(at.folder)).toBe(at.url);
    expect(redisUrl(at.folder)).toBe(at.url);
    expect(await ask(at.url, 'GET', 'kept')).toBe('yes');
  });

  test('leaves nothing that runs when it stops', async () => {
    await stopRedis(at.folder);
    expect(otherProcesses().filter(({ command }) => command.includes(at.folder))).toEqual([]);
  });
});
