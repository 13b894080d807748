/** What both sides of a worker process say of themselves, and who is refused. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { version } from '../../src/base/version.ts';
import { DecodeError } from '../../src/codec/decode-error.ts';
import { FrameReader, toFrame, toGreetingFrame } from '../../src/worker/frames.ts';
import { type Greeting, ownGreeting, readGreeting, refusalOf } from '../../src/worker/greeting.ts';

const own = ownGreeting();

test('the version is that of package.json', () => {
  expect(version).toBe(manifest.version);
});

describe('ownGreeting()', () => {
  test('tells this runtime, and the format in which it writes', () => {
    const [, v8Format] = serialize(1);
    expect(own).toEqual({
      heddle: manifest.version,
      protocol: 1,
      runtime: 'node',
      runtimeVersion: process.versions.node,
      v8Format,
    });
    // A reader of V8 refuses what a later one wrote: that is what the number is for.
    expect(() => deserialize(Buffer.from([0xff, (v8Format as number) + 1, 0x6e]))).toThrow(/version/);
  });

  test('is read back as it was, whatever a later version adds', () => {
    const said: unknown[] = [];
    const reader = new FrameReader((greeting) => said.push(greeting));
    expect(reader.isGreeted).toBe(false);
    const frame = toGreetingFrame({ ...own, added: true });
    expect(reader.push(Buffer.concat([frame, toFrame({ n: 1 })]))).toEqual([{ n: 1 }]);
    expect(reader.isGreeted).toBe(true);
    expect(said.map(readGreeting)).toEqual([own]);
  });
});

describe('a greeting', () => {
  test('is told before what comes with it is read, so that this may be of another format', () => {
    const reader = new FrameReader(() => {
      throw new RangeError('refused');
    });
    const later = Buffer.from('68646c02ffffffff', 'hex');
    expect(() => reader.push(Buffer.concat([toGreetingFrame(own), later]))).toThrow('refused');
    expect(reader.isGreeted).toBe(false);
  });

  test.each<[string, Buffer, RegExp]>([
    ['that is no JSON', Buffer.from('68646c00020000007b7b', 'hex'), /Cannot read a frame as/],
    ['that is larger than there may be', Buffer.from('68646c0000100000', 'hex'), /more than 4096 bytes/],
  ])('%s is refused', (_, bytes, reason) => {
    const read = (): unknown => new FrameReader(() => undefined).push(bytes);
    expect(read).toThrow(DecodeError);
    expect(read).toThrow(reason);
  });

  test('is no frame for a reader that knows of none', () => {
    expect(() => new FrameReader().push(toGreetingFrame(own))).toThrow(/it is of version 0/);
  });

  test.each<[string, unknown]>([
    ['a list', []],
    ['nothing', null],
    ['a number for a version', { ...own, heddle: 1 }],
    ['a text for the protocol', { ...own, protocol: '1' }],
    ['no runtime', { ...own, runtime: undefined }],
    ['no version of it', { ...own, runtimeVersion: undefined }],
    ['a negative format', { ...own, v8Format: -1 }],
  ])('must say who it is: not %s', (_, value) => {
    expect(() => readGreeting(value)).toThrow(DecodeError);
  });
});

describe('refusalOf()', () => {
  const bun: Greeting = { ...own, runtime: 'bun', runtimeVersion: '1.3.0', v8Format: undefined };
  const newer: Greeting = { ...own, runtimeVersion: '99.0.0', v8Format: 99 };

  test.each<[string, Greeting, Greeting]>([
    ['both are the same', own, own],
    ['versions of heddle differ', own, { ...own, heddle: '9.9.9' }],
    ['versions of the runtime differ, and the format does not', { ...own, runtimeVersion: '22.18.0' }, own],
    [
      'the runtimes differ, and the format does not',
      own,
      { ...own, runtime: 'deno', runtimeVersion: '2.5.0' },
    ],
  ])('refuses nothing where %s', (_, host, worker) => {
    expect(refusalOf(host, worker)).toBeUndefined();
  });

  test.each<[string, Greeting, Greeting, string]>([
    [
      'the protocols differ',
      own,
      { ...own, heddle: '2.0.0', protocol: 2 },
      'they speak different versions of the protocol: received 2 for 1',
    ],
    [
      'the worker has another format',
      own,
      bun,
      'bun does not write values in the format of V8, which node reads',
    ],
    [
      'the host has another format',
      bun,
      own,
      'bun does not write values in the format of V8, which node reads',
    ],
    ['neither has the format', bun, bun, "neither writes values in the format of V8: received 'bun'"],
    ['the worker is newer', own, newer, 'received version 99 from node 99.0.0'],
    ['the host is newer', newer, own, 'received version 99 from node 99.0.0'],
  ])('names both sides and the mend where %s', (_, host, worker, why) => {
    const [first = '', mend = ''] = refusalOf(host, worker)?.split('\n') ?? [];
    expect(first).toContain(
      `a worker of heddle ${worker.heddle} on ${worker.runtime} ${worker.runtimeVersion} to`,
    );
    expect(first).toContain(
      `a program of heddle ${host.heddle} on ${host.runtime} ${host.runtimeVersion} as`,
    );
    expect(first).toContain(why);
    expect(mend).toMatch(/^ {2}(?:run both on|install heddle) /);
  });
});

describe('a worker process', { timeout: 20_000 }, () => {
  const entry = join(import.meta.dirname, '../../src/worker/inside/process-main.ts');

  /** What a worker writes to stderr, and how it ends, when it is sent bytes. */
  function sent(bytes: Buffer): Promise<{ readonly text: string; readonly code: number | null }> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, [entry], {
        stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
        timeout: 15_000,
      });
      let text = '';
      child.stderr?.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      child.stdio[4]?.on('data', () => undefined);
      (child.stdio[3] as NodeJS.WritableStream).write(bytes);
      child.once('close', (code) => resolve({ text, code }));
    });
  }

  test('refuses a program of another protocol, saying so', async () => {
    const { text, code } = await sent(toGreetingFrame({ ...own, heddle: '2.0.0', protocol: 2 }));
    expect(code).toBe(1);
    expect(text).toMatch(/^Cannot join a worker of heddle .* to a program of heddle 2\.0\.0 on node/);
  });

  test('refuses a program that does not say who it is', async () => {
    const { text, code } = await sent(toFrame({ kind: 'stop' }));
    expect(code).toBe(1);
    expect(text).toMatch(/the program did not say who it is/);
  });

  test('ends when it is told to, by one that has', async () => {
    expect(await sent(Buffer.concat([toGreetingFrame(own), toFrame({ kind: 'stop' })]))).toEqual({
      text: '',
      code: 0,
    });
  });
});
