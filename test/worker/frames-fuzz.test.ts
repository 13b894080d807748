/** What comes by the pipe of a worker process: read, or refused with a DecodeError, whatever the bytes are. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DecodeError } from '../../src/codec/decode-error.ts';
import { openProcesses, run, WorkerLostError } from '../../src/index.ts';
import { ReceivedBars } from '../../src/progress/received-bars.ts';
import { FrameReader, toFrame } from '../../src/worker/frames.ts';
import { ownGreeting, readGreeting } from '../../src/worker/greeting.ts';
import { SentMessages } from '../../src/worker/sent-messages.ts';
import { hostileFrames, hostileMessages } from '../fixtures/hostile-frames.ts';
import { processTasks } from '../fixtures/tasks/process-tasks.ts';

const limit = { timeout: 20_000 };

const message = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  maxDepth: 3,
});

/** Pushes bytes in pieces; gives what came, and lets nothing but a DecodeError through. */
function pushed(
  bytes: Buffer,
  pieces: number,
): { readonly messages: unknown[]; readonly isRefused: boolean } {
  const reader = new FrameReader();
  const messages: unknown[] = [];
  const size = Math.max(1, Math.ceil(bytes.length / pieces));
  try {
    for (let at = 0; at < bytes.length; at += size)
      messages.push(...reader.push(bytes.subarray(at, at + size)));
  } catch (error) {
    assert.ok(error instanceof DecodeError, String((error as Error).stack));
    return { messages, isRefused: true };
  }
  return { messages, isRefused: false };
}

describe('FrameReader.push()', limit, () => {
  test.each(Object.entries(hostileFrames))('refuses %s', (_, [hex, reason]) => {
    const bytes = Buffer.from(hex, 'hex');
    expect(() => new FrameReader().push(bytes)).toThrow(DecodeError);
    expect(() => new FrameReader().push(bytes)).toThrow(reason);
    expect(pushed(bytes, 7).isRefused).toBe(true);
  });

  test('gives back whatever was written, wherever its bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), fc.integer({ min: 1, max: 50 }), (values, pieces) => {
        const sent = values.map((value) => ({ value }));
        const { messages, isRefused } = pushed(Buffer.concat(sent.map(toFrame)), pieces);
        assert.equal(isRefused, false);
        assert.deepStrictEqual(
          messages,
          sent.map((one) => deserialize(serialize(one)) as unknown),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('reads or refuses frames with changed bytes, and waits for the rest of those that are cut off', () => {
    const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
    const changes = fc.array(change, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(message, changes, fc.nat(), (value, list, cut) => {
        const frame = toFrame({ value });
        const start = frame.subarray(0, cut % frame.length);
        assert.deepStrictEqual(pushed(start, 3), { messages: [], isRefused: false });
        for (const [at, byte] of list) frame[at % frame.length] = byte;
        pushed(frame, 2);
      }),
      { numRuns: 3000 },
    );
  });

  test('reads or refuses any bytes that follow a right head', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (body) => {
        const head = Buffer.from('68646c0100000000ff0f', 'hex');
        head.writeUInt32LE(body.length + 2, 4);
        assert.ok(pushed(Buffer.concat([head, body]), 1).messages.length <= 1);
      }),
      { numRuns: 5000 },
    );
  });

  test('takes no memory for bytes that have not come', () => {
    const head = Buffer.from('68646c01f7ffff7f', 'hex');
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 8 }, () => new FrameReader());
    for (const reader of readers) expect(reader.push(head)).toEqual([]);
    // Eight frames of two gigabytes.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 2 ** 20);
    expect(readers).toHaveLength(8);
  });

  test('gives messages that are larger than what is taken at once', () => {
    const large = new Uint8Array(40 * 2 ** 20).map((_, i) => i % 251);
    const frame = toFrame({ large, small: 1 });
    const { messages } = pushed(Buffer.concat([frame, toFrame({ next: 2 })]), 300);
    expect(messages).toHaveLength(2);
    const [first] = messages as [{ large: Uint8Array; small: number }];
    expect(Buffer.compare(first.large, large)).toBe(0);
  });
});

describe('SentMessages.check()', limit, () => {
  const oneCall = (): SentMessages => {
    const sent = new SentMessages();
    const batch = { kind: 'batch', first: 0, task: 0, module: undefined, isSingle: true } as const;
    sent.posted({ ...batch, inputs: [1], isPacked: false });
    return sent;
  };

  test.each(Object.entries(hostileMessages))('refuses %s', (_, [value, reason]) => {
    expect(() => oneCall().check(value)).toThrow(DecodeError);
    expect(() => oneCall().check(value)).toThrow(reason);
  });

  test('refuses a second answer to a call', () => {
    const sent = oneCall();
    const outcomes = { kind: 'outcomes', values: [1], isPacked: false, meanUs: 1, failures: [[0, 'threw']] };
    expect(sent.check(outcomes)).toBe(outcomes);
    expect(() => sent.check(outcomes)).toThrow(/more values than calls/);
  });
});

test.each([
  ['no list', 1],
  ['nothing', [null]],
  ['a bar without a state', [{ id: 1, form: undefined, state: undefined }]],
  ['a bar of another form', [{ id: 1, form: {}, state: {} }]],
  ['a line that is none', [{ id: 1, form: undefined, state: { ...barState(), drawn: [null] } }]],
])('bars are not shown of %s', (_, data) => {
  const bars = new ReceivedBars({ write: () => true, isTTY: false } as never, {} as never);
  expect(() => bars.take(data)).toThrow(TypeError);
});

function barState(): object {
  return {
    desc: '',
    postfix: '',
    done: 0,
    total: 1,
    latelyPerSecond: 1,
    elapsedMs: 1,
    hasEnded: false,
  };
}

describe('a worker process that sends what cannot be read', limit, () => {
  test.each([
    ['text', Buffer.from('printed to the wrong file\n').toString('hex'), /begins with other bytes/],
    ['another version', '68646c02', /version 2/],
    ['a frame that says to be of four gigabytes', '68646c01ffffffff', /more than/],
    ['no message', toFrame([1]).toString('hex'), /message/],
    ['an answer to nothing', toFrame({ kind: 'outcomes', values: [1, 2], isPacked: false, meanUs: 1 }).toString('hex'), /more values/], // biome-ignore format: one line
    ['a bar that is none', toFrame({ kind: 'relayed', data: [{ id: {} }] }).toString('hex'), /to be shown/],
  ])('is lost with that cause, and its pool goes on: %s', async (_, hex, reason) => {
    const executor = openProcesses({ workers: 1 });
    onTestFinished(() => executor.dispose());
    const lost: unknown = await run(processTasks.writeToHost(hex), { executor }).catch(
      (error: unknown) => (error as Error).cause,
    );
    assert.ok(lost instanceof WorkerLostError, String(lost));
    expect(lost.message).toMatch(/its worker sent what cannot be read/);
    expect(lost.cause).toBeInstanceOf(DecodeError);
    expect((lost.cause as Error).message).toMatch(reason);
    expect(await run(processTasks.add(1, 2), { executor })).toBe(3);
  });

  test('is lost too if what it did not catch cannot be read', async () => {
    const executor = openProcesses({ workers: 1 });
    onTestFinished(() => executor.dispose());
    const uncaught = toFrame({ kind: 'uncaught', error: { '#heddle': 'error', data: 1 }, isPacked: true });
    const rest = toFrame([1]);
    const hex = Buffer.concat([uncaught, rest]).toString('hex');
    const lost = run(processTasks.writeToHost(hex), { executor }).catch((error: unknown) => error);
    expect(await lost).toMatchObject({ cause: { name: 'WorkerLostError' } });
  });
});

test('the examples of docs/formats/wire.md', () => {
  const page = readFileSync(new URL('../../docs/formats/wire.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\{.+\})` \| `([0-9a-f ]+)` \|$/gm)];
  expect(rows).toHaveLength(3);
  for (const [, json = '', hex = ''] of rows) {
    const value = JSON.parse(json) as object;
    expect(toFrame(value).toString('hex')).toBe(hex.replaceAll(' ', ''));
    expect(new FrameReader().push(Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toEqual([value]);
  }
  const [, greeting = ''] = /^```json\n(.+)\n```$/m.exec(page) ?? [];
  const said: unknown[] = [];
  const text = JSON.stringify(JSON.parse(greeting));
  const head = Buffer.from('68646c0000000000', 'hex');
  head.writeUInt32LE(text.length, 4);
  new FrameReader((value) => said.push(value)).push(Buffer.concat([head, Buffer.from(text)]));
  expect(Object.keys(readGreeting(said[0]))).toEqual(Object.keys(ownGreeting()));
});
