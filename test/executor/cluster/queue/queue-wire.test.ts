/** What clients and workers of a queue write and read. */
import { describe, expect, test } from 'vitest';
import {
  batchOfOne,
  expectTask,
  type Reply,
  readBatch,
  readReplies,
  writeBatch,
  writeCall,
  writeReplies,
} from '../../../../src/executor/cluster/queue/queue-wire.ts';

const digest = 'a'.repeat(64);
const none = (): never => {
  throw new Error('all of them can be written');
};

describe('batches of a queue', () => {
  const head = { tasks: ['t1', 't2'], of: [0, 1, 0], at: [0, 2, 5] };
  const calls = [1, 2, 3].map((x) => writeCall({ args: [x, new Map([['x', x]])], isPacked: false }));

  test('readBatch() gives what writeBatch() was given', () => {
    const read = readBatch(writeBatch(head, calls));
    expect(read.head).toEqual(head);
    expect(read.calls).toEqual([1, 2, 3].map((x) => ({ args: [x, new Map([['x', x]])], isPacked: false })));
  });

  test('batchOfOne() gives one call, in its place', () => {
    const read = readBatch(batchOfOne(writeBatch(head, calls), 2));
    expect(read.head).toEqual({ tasks: ['t2'], of: [0], at: [2] });
    expect(read.calls.map(({ args }) => args)).toEqual([[2, new Map([['x', 2]])]]);
  });

  test('batchOfOne() refuses a call that is not there', () => {
    expect(() => batchOfOne(writeBatch(head, calls), 1)).toThrow('Cannot read a batch as it has no call 1');
  });

  test('a call keeps its references and its key', () => {
    const call = writeCall({ args: [], isPacked: true, refs: [digest as never], key: 'k-0' });
    const [read] = readBatch(writeBatch({ tasks: ['t'], of: [0], at: [0] }, [call])).calls;
    expect(read).toEqual({ args: [], isPacked: true, refs: [digest], key: 'k-0' });
  });

  test.each([
    ['nothing', ''],
    ['no frames', Buffer.from('not a frame at all').toString('base64')],
    ['half of a batch', writeBatch(head, calls).slice(0, 200)],
    ['fewer calls than its head says', writeBatch(head, calls.slice(1))],
    ['a task that it has not', writeBatch({ tasks: ['t'], of: [1], at: [0] }, [calls[0] as Buffer])],
    ['a head of another kind', writeBatch({ tasks: 5, of: [], at: [] } as never, [])],
  ])('readBatch() refuses %s', (_, bytes) => {
    expect(() => readBatch(bytes)).toThrow(/Cannot read|expected/);
  });
});

describe('replies of a worker', () => {
  test('readReplies() gives what writeReplies() was given', () => {
    const replies: Reply[] = [
      { is: 'printed', stream: 'stderr', text: 'a line', worker: 'host:1 1' },
      { is: 'value', batch: 'b', call: 3, data: { x: 1n }, isPacked: false, us: 12 },
      { is: 'error', batch: 'b', call: 4, data: undefined, isPacked: true, reason: 'timed-out' },
      { is: 'kept', batch: 'b', call: 5, data: undefined, isPacked: false },
      { is: 'value', batch: 'b', call: 6, data: [], isPacked: true, refs: [digest as never] },
    ];
    expect(readReplies(writeReplies(replies, none))).toEqual(replies);
  });

  test('writeReplies() writes the others when one cannot be written', () => {
    const replies: Reply[] = [
      { is: 'value', batch: 'b', call: 0, data: 1, isPacked: false },
      { is: 'value', batch: 'b', call: 1, data: new SharedArrayBuffer(8), isPacked: false },
      { is: 'printed', stream: 'stdout', text: 'a line', worker: 'w' },
    ];
    const bytes = writeReplies(replies, ({ batch, call }, error) => ({
      is: 'error',
      batch,
      call,
      data: String(error),
      reason: 'not-cloneable',
    }));
    expect(readReplies(bytes).map((reply) => [reply.is, 'call' in reply ? reply.call : undefined])).toEqual([
      ['value', 0],
      ['error', 1],
      ['printed', undefined],
    ]);
  });

  test.each([
    ['what is no list', { replies: 1 }],
    ['a kind that is not known', { replies: [{ is: 'else', batch: 'b', call: 0 }] }],
    ['a call without a batch', { replies: [{ is: 'value', call: 0 }] }],
    ['a call without a number', { replies: [{ is: 'value', batch: 'b', call: 'x' }] }],
  ])('readReplies() refuses %s', (_, message) => {
    const bytes = writeCall(message as never);
    expect(() => readReplies(bytes)).toThrow(/Cannot read/);
  });
});

describe('expectTask()', () => {
  const task = {
    number: '1',
    code: { url: 'file:///x.ts', package: 'p', path: 'x.ts', digest },
    name: 'n',
    title: 't',
    slots: 1,
  };

  test('gives a task that was told as JSON', () => {
    expect(expectTask(JSON.parse(JSON.stringify({ ...task, timeoutMs: undefined })))).toEqual({
      ...task,
      timeoutMs: undefined,
    });
  });

  test.each(['number', 'code', 'name', 'title', 'slots'])('refuses one without %s', (part) => {
    expect(() => expectTask({ ...task, [part]: undefined })).toThrow('Cannot read');
  });
});
