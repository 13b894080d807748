/** Who is let in where a program listens for its jobs: nobody who cannot prove it, and nobody who does not understand. */

import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LocalEngine } from '../../../src/cluster.ts';
import { toFrame, toGreetingFrame } from '../../../src/worker/frames.ts';
import { ownGreeting } from '../../../src/worker/greeting.ts';
import { openLocal, type TestCluster, testFolder } from '../../fixtures/local-cluster.ts';
import { clusterTasks } from '../../fixtures/tasks/cluster-tasks.ts';
import { heddleCommand } from '../../fixtures/worker-command.ts';

const { double, environment } = clusterTasks;
const limit = { timeout: 30_000 };

interface Place {
  readonly port: number;
  readonly secretFile: string;
  readonly folder: string;
}

/** Opens an executor with a job, and finds out what that was told. */
async function opened(): Promise<TestCluster & Place> {
  const folder = testFolder();
  const cluster = await openLocal({ folder });
  await cluster.executor.submit(double, 1);
  const { script = '' } = cluster.engine.requests[0] ?? {};
  const [, port, secretFile = ''] = /--connect 127\.0\.0\.1:(\d+) --secret-file (\S+)/.exec(script) ?? [];
  return { ...cluster, port: Number(port), secretFile, folder };
}

/** Starts a job by hand. */
function pilot(...args: string[]): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const [program, ...words] = heddleCommand;
  return new Promise((resolve) => {
    const child = spawn(program, [...words, 'worker', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: limit.timeout,
      killSignal: 'SIGKILL',
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('close', (code) => resolve({ code, stderr }));
  });
}

/** Reads greetings, one by one; `undefined` when the connection has ended. */
class Line {
  readonly socket: Socket;
  #bytes = Buffer.alloc(0);
  #isOver = false;
  #changed: () => void = () => undefined;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    onTestFinished(() => void this.socket.destroy());
    this.socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#changed();
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.#isOver = true;
      this.#changed();
    });
  }

  async next(): Promise<Record<string, unknown> | undefined> {
    for (;;) {
      const end = this.#bytes.length < 8 ? Number.POSITIVE_INFINITY : 8 + this.#bytes.readUInt32LE(4);
      if (this.#bytes.length >= end) {
        const text = this.#bytes.toString('utf8', 8, end);
        this.#bytes = this.#bytes.subarray(end);
        return JSON.parse(text) as Record<string, unknown>;
      }
      if (this.#isOver) return undefined;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** Answers the first greeting as a job does that knows the secret. */
  async answer(
    secretFile: string,
    told: object = {},
    who: object = { role: 'pilot', batch: 0, job: '1_0' },
  ): Promise<void> {
    const { challenge } = (await this.next()) as { readonly challenge: string };
    const own = 'ab'.repeat(32);
    const entries = Object.entries(who).sort(([a], [b]) => (a < b ? -1 : 1));
    const proof = createHmac('sha256', readFileSync(secretFile, 'utf8'))
      .update(JSON.stringify(['heddle 1', 'visitor', challenge, own, entries]))
      .digest('hex');
    this.socket.write(toGreetingFrame({ ...ownGreeting(), ...told, challenge: own, who, proof }));
  }
}

describe('the secret of a run', limit, () => {
  test('is in a file for its owner alone, in a folder that he alone may enter, and nowhere else', async () => {
    const { executor, engine, secretFile } = await opened();
    expect(statSync(secretFile).mode & 0o777).toBe(0o600);
    expect(statSync(join(secretFile, '..')).mode & 0o777).toBe(0o700);
    const secret = readFileSync(secretFile, 'utf8');
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(engine.requests)).not.toContain(secret);
    const pid = engine.pidOf('1_0') as number;
    for (const file of ['cmdline', 'environ'])
      expect(readFileSync(`/proc/${pid}/${file}`, 'latin1')).not.toContain(secret);
    expect(await executor.submit(environment, 'HEDDLE_SECRET')).toBeUndefined();
  });

  test('is another one for each run, and goes with it', async () => {
    const [a, b] = [await opened(), await opened()];
    expect(readFileSync(a.secretFile, 'utf8')).not.toBe(readFileSync(b.secretFile, 'utf8'));
    await a.executor.dispose();
    expect(readdirSync(a.folder)).toEqual([]);
  });

  test('that is wrong is refused, and both sides are told', async () => {
    const { told, port, executor } = await opened();
    const wrong = join(testFolder(), 'secret');
    writeFileSync(wrong, 'f'.repeat(64));
    chmodSync(wrong, 0o600);
    const { code, stderr } = await pilot(
      '--connect',
      `127.0.0.1:${port}`,
      '--secret-file',
      wrong,
      '--job',
      '1_0',
    );
    expect(code).toBe(3);
    expect(stderr).toContain(
      'Cannot let a pilot in as it has another secret than this run: received a wrong proof',
    );
    expect(told.join('\n')).toContain(
      "refused somebody who says to be job '1_0': Cannot let a pilot in as it has another secret",
    );
    expect(await executor.submit(double, 2)).toBe(4);
  });

  test('that is not there is told by the job', async () => {
    const { port } = await opened();
    const { code, stderr } = await pilot(
      '--connect',
      `127.0.0.1:${port}`,
      '--secret-file',
      '/nowhere/secret',
    );
    expect(code).toBe(1);
    expect(stderr).toContain('ENOENT');
  });
});

describe('who connects', limit, () => {
  test.each<[string, Buffer]>([
    ['bytes of another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a frame that is too large', Buffer.from('68646c00ffffff7f', 'hex')],
    [
      'a greeting that is no JSON',
      Buffer.concat([Buffer.from('68646c0003000000', 'hex'), Buffer.from('{a}')]),
    ],
    ['nobody', toGreetingFrame({ challenge: 'a', proof: 'b' })],
    ['a role that there is not', toGreetingFrame({ challenge: 'a', proof: 'b', who: { role: 'king' } })],
    ['messages without a greeting', toFrame({ kind: 'beat' })],
  ])('with %s is cut off without a word, and does no harm', async (_, bytes) => {
    const { port, executor, told } = await opened();
    const line = new Line(port);
    expect(await line.next()).toMatchObject({
      heddle: ownGreeting().heddle,
      challenge: /./ as unknown as string,
    });
    line.socket.write(bytes);
    expect(await line.next()).toBeUndefined();
    expect(told.join('\n')).toContain('refused somebody: Cannot let in what connects');
    expect(await executor.submit(double, 2)).toBe(4);
  });

  test('with the proof that somebody else gave is refused', async () => {
    const { port, secretFile } = await opened();
    const first = new Line(port);
    const second = new Line(port);
    await second.next();
    // What the first one answers is recorded, and sent by the second one, whose challenge is another.
    const sent: Uint8Array[] = [];
    first.socket.write = (bytes: Uint8Array) => sent.push(bytes) > 0;
    await first.answer(secretFile);
    second.socket.write(Buffer.concat(sent));
    expect(await second.next()).toMatchObject({
      refused: expect.stringContaining('another secret') as unknown,
    });
  });

  test('as a job that the program does not wait for is refused', async () => {
    const { port, secretFile } = await opened();
    const line = new Line(port);
    await line.answer(secretFile, {}, { role: 'pilot', batch: 0, job: '77_7' });
    expect(await line.next()).toMatchObject({
      refused: expect.stringContaining("does not wait for this job: received job '77_7'") as unknown,
    });
  });

  test('twice as the same job is refused', async () => {
    const { port, secretFile, executor } = await opened();
    const line = new Line(port);
    await line.answer(secretFile);
    expect(await line.next()).toMatchObject({ refused: expect.stringContaining('1_0') as unknown });
    expect(await executor.submit(double, 2)).toBe(4);
  });

  test.each<[string, object, RegExp]>([
    [
      'another protocol',
      { heddle: '9.8.7', protocol: 99 },
      /heddle 9\.8\.7 .* different versions of the protocol: received 99 for 1\n {2}install heddle/,
    ],
    [
      'another runtime',
      { runtime: 'bun', runtimeVersion: '1.3.0', v8Format: undefined },
      /bun does not write values in the format of V8/,
    ],
    [
      'a later format of V8',
      { runtimeVersion: '99.1.0', v8Format: 99 },
      /received version 99 from node 99\.1\.0\n {2}run both on node/,
    ],
  ])('with %s is refused, naming both and the mend', async (_, told, why) => {
    const { port, secretFile, told: lines } = await opened();
    const line = new Line(port);
    await line.answer(secretFile, told);
    expect((await line.next())?.['refused']).toMatch(why);
    await expect
      .poll(() => lines.join('\n'))
      .toMatch(/refused somebody who says to be job '1_0': Cannot join a worker/);
  });

  test('and has another secret than it says is not worked for', async () => {
    const { port, secretFile } = await opened();
    // A program that cannot prove itself is one in between: it hands on what others say.
    const between = (await import('node:net')).createServer((near) => {
      const far = connect(port, '127.0.0.1');
      near.pipe(far);
      far.on('data', (bytes: Buffer) => {
        const isLast = !bytes.toString().includes('challenge');
        near.write(isLast ? toGreetingFrame({ proof: '00'.repeat(32) }) : bytes);
      });
      for (const end of [near, far]) end.on('error', () => undefined);
      onTestFinished(() => void far.destroy());
    });
    await new Promise<void>((resolve) => {
      between.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void between.close());
    const address = between.address();
    const place = typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : '';
    const { code, stderr } = await pilot('--connect', place, '--secret-file', secretFile, '--job', '2_0');
    expect(code).toBe(3);
    expect(stderr).toContain('Cannot work for the program as it has another secret: received a wrong proof');
  });
});

describe('a job that was let in', limit, () => {
  /** Waits for a job that nobody starts, and is that job. */
  async function played(): Promise<TestCluster & { readonly line: Line }> {
    const cluster = await openLocal({ engine: new LocalEngine({ places: 0 }), maxLosses: 1 });
    cluster.executor.submit(double, 1).catch(() => undefined);
    await expect.poll(() => cluster.engine.requests).toHaveLength(1);
    const { script = '' } = cluster.engine.requests[0] ?? {};
    const [, port, secretFile = ''] = /127\.0\.0\.1:(\d+) --secret-file (\S+)/.exec(script) ?? [];
    const line = new Line(Number(port));
    await line.answer(secretFile);
    expect(await line.next()).toMatchObject({ proof: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown });
    return { ...cluster, line };
  }
  const hello = { kind: 'hello', node: 'n1', pid: 1, cpus: 1, gpus: undefined };

  test.each<[string, readonly (object | Buffer)[], RegExp]>([
    [
      'messages before it has said who it is',
      [{ kind: 'beat' }],
      /'message\.kind' as it must be who it is, first/,
    ],
    ['no name of a node', [{ ...hello, node: 3 }], /'message\.node' as it must be a text: received 3/],
    ['a message of another kind', [hello, { kind: 'shout' }], /must be a kind of message: received 'shout'/],
    [
      'the end of no worker',
      [hello, { kind: 'ended', slot: -1 }],
      /'message\.slot' as it must be a position/,
    ],
    [
      'no reason for leaving',
      [hello, { kind: 'draining', why: 'bored' }],
      /'message\.why' as it must be a reason/,
    ],
    ['bytes that are no frame', [hello, Buffer.from('nonsense')], /Cannot read a frame/],
  ])('and sends %s is lost, saying why', async (_, sent, why) => {
    const { told, line } = await played();
    for (const part of sent) line.socket.write(Buffer.isBuffer(part) ? part : toFrame(part));
    await expect.poll(() => told.join('\n')).toMatch(why);
    expect(told.join('\n')).toMatch(
      /job 1_0(?: on node \S+)? is lost: it was in a job whose connection broke/,
    );
  });

  test('and tells of workers that it does not have is taken no harm by', async () => {
    const { told, line, executor } = await played();
    line.socket.write(toFrame(hello));
    line.socket.write(toFrame({ kind: 'ended', slot: 99, exitCode: 0 }));
    line.socket.write(toFrame({ kind: 'beat' }));
    await expect.poll(() => executor.jobs()).toMatchObject([{ is: 'connected', node: 'n1', workers: 1 }]);
    expect(told.join('\n')).not.toContain('is lost');
  });

  test('and cannot start its worker loses the call that waits for it, saying why', async () => {
    const { line, told } = await played();
    line.socket.write(toFrame(hello));
    line.socket.write(
      toFrame({
        kind: 'ended',
        slot: 0,
        exitCode: undefined,
        signal: undefined,
        error: 'spawn EAGAIN',
        lastWords: undefined,
      }),
    );
    await expect.poll(() => told.join('\n')).toContain('is lost: it ended by an error, Error: spawn EAGAIN');
  });
});
