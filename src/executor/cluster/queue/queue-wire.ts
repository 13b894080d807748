/**
 * What clients and workers of a queue tell each other, and how it is written.
 *
 * A job of BullMQ is a batch of calls; an entry of a client's stream of replies is a list of what came of calls, of what
 * they told and of what was printed. Both are frames of `worker/frames.ts`, one after the other. `docs/formats/queue.md`
 * describes them. Leaves to others what the values in them mean, and what becomes of what cannot be read.
 */

import type { Digest } from '../../../codec/canonical/digester.ts';
import { DecodeError } from '../../../codec/decode-error.ts';
import {
  expectIndex,
  expectList,
  expectRecord,
  expectText,
  expectTextOrNone,
} from '../../../codec/expect.ts';
import type { FailureReason } from '../../../task/outcome.ts';
import { FrameReader, toFrame } from '../../../worker/frames.ts';
import type { PrintStream } from '../../../worker/print-ring.ts';
import type { ModuleCode } from '../code-version.ts';

/** Of what a client and a worker must have the same. To be counted up when either would misread the other. */
export const queueProtocol = 1;

/** Who a client is, as JSON in Redis. */
export interface ClientAbout {
  readonly protocol: number;
  /** Of heddle. */
  readonly version: string;
  readonly host: string;
  readonly pid: number;
  /** Modules of codecs, without which values cannot be read. */
  readonly codecs: readonly { readonly code: ModuleCode; readonly name: string }[];
  readonly values: SharedValuesPlace;
  /** Whether values of calls are kept, for a client that comes back. */
  readonly keeps: boolean;
  /** Whether it wants to know what calls print. */
  readonly prints: boolean;
  /** How many workers a call may lose. */
  readonly maxLosses: number;
  /** After how long without a sign of the client its keys are removed, in milliseconds. */
  readonly keepMs: number;
}

/** Where large values are. */
export interface SharedValuesPlace {
  /** A folder that all machines share; `undefined` for Redis itself. */
  readonly folder: string | undefined;
  readonly leastBytes: number;
}

/** The data of a job of BullMQ. */
export interface JobData {
  readonly protocol: number;
  readonly client: string;
  /** The frames, in base64, as BullMQ keeps JSON. */
  readonly bytes: string;
  /** The batch, as the client knows it, if it is not the id of the job. */
  readonly batch?: string;
  /** The one call of that batch that this job is for, after a worker was lost with several. */
  readonly only?: number;
  /** How often a worker that was told to end has handed it on. */
  readonly handed?: number;
}

/** A task of calls, and how they are run: told once, as JSON in Redis. */
export interface SentTask {
  /** By which batches name it. */
  readonly number: string;
  readonly code: ModuleCode;
  /** The key in its `tasks` block. */
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  readonly slots: number;
  readonly timeoutMs: number | undefined;
}

/** The first frame of a batch. */
export interface BatchHead {
  /** By their numbers. */
  readonly tasks: readonly string[];
  /** For each call the position of its task. */
  readonly of: readonly number[];
  /** For each call its position in the batch as the client knows it: some may have been given up on. */
  readonly at: readonly number[];
}

/** Each other frame of a batch: a call. */
export interface SentCall {
  readonly args: unknown;
  readonly isPacked: boolean;
  /** The large values in it that stand elsewhere. */
  readonly refs?: readonly Digest[];
  /** Under which its value is kept. */
  readonly key?: string;
}

/** What came of a call, or what it told. */
export interface CallReply {
  readonly batch: string;
  readonly call: number;
  readonly is: 'value' | 'error' | 'told' | 'kept';
  /** The value, what was thrown, or the event; nothing of what is kept. */
  readonly data?: unknown;
  readonly isPacked?: boolean;
  readonly refs?: readonly Digest[];
  /** Of an error. */
  readonly reason?: FailureReason;
  /** How long the call took, in microseconds. */
  readonly us?: number;
}

/** Something was printed. */
export interface PrintReply {
  readonly is: 'printed';
  readonly stream: PrintStream;
  readonly text: string;
  /** The worker that printed it, by its machine and its number there. */
  readonly worker: string;
}

export type Reply = CallReply | PrintReply;

/** What workers are to give up on, as JSON on a channel. */
export interface CancelMessage {
  readonly client: string;
  /** `undefined` if the client is gone, and all that it had is to end. */
  readonly batch?: string;
  readonly calls?: readonly number[];
}

const headBytes = 8;
const lengthAt = 4;

/** Writes a call. @throws {DOMException} `DataCloneError`, if a part of it cannot be sent. */
export function writeCall(call: SentCall): Buffer {
  return toFrame(call);
}

/** Writes a batch of calls that were written. */
export function writeBatch(head: BatchHead, calls: readonly Buffer[]): string {
  return Buffer.concat([toFrame(head), ...calls]).toString('base64');
}

/** The batch of one of the calls of a batch. */
export function batchOfOne(bytes: string, call: number): string {
  const frames = framesOf(Buffer.from(bytes, 'base64'));
  const [head, ...calls] = frames;
  const [told] = head === undefined ? [] : new FrameReader().push(head);
  const { tasks, of, at } = expectHead(told);
  const position = at.indexOf(call);
  const task = tasks[of[position] ?? -1];
  const frame = calls[position];
  if (frame === undefined || task === undefined)
    throw new DecodeError('batch', `Cannot read a batch as it has no call ${call}`);
  return writeBatch({ tasks: [task], of: [0], at: [call] }, [frame]);
}

/** Reads a batch. @throws {DecodeError} */
export function readBatch(bytes: string): { readonly head: BatchHead; readonly calls: readonly SentCall[] } {
  const [first, ...rest] = new FrameReader().push(Buffer.from(bytes, 'base64'));
  const head = expectHead(first);
  if (rest.length !== head.of.length || head.at.length !== head.of.length) {
    throw new DecodeError(
      'batch',
      `Cannot read a batch as it should have ${head.of.length} calls: received ${rest.length}`,
    );
  }
  return { head, calls: rest.map(expectCall) };
}

/** Writes replies: together if all can be written, else each that can. */
export function writeReplies(
  replies: readonly Reply[],
  refused: (reply: CallReply, error: unknown) => CallReply,
): Buffer {
  try {
    return toFrame({ replies, isPacked: replies.some((reply) => 'isPacked' in reply && reply.isPacked) });
  } catch {
    const each = replies.map((reply) => {
      if (reply.is === 'printed') return toFrame({ replies: [reply], isPacked: false });
      try {
        return toFrame({ replies: [reply], isPacked: reply.isPacked === true });
      } catch (error) {
        return toFrame({ replies: [refused(reply, error)], isPacked: true });
      }
    });
    return Buffer.concat(each);
  }
}

/** Reads replies. @throws {DecodeError} */
export function readReplies(bytes: Buffer): Reply[] {
  return new FrameReader().push(bytes).flatMap((message) => {
    const { replies } = expectRecord(message, 'replies');
    return expectList(replies, 'replies').map(expectReply);
  });
}

function framesOf(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at + headBytes <= bytes.length; ) {
    const end = at + headBytes + bytes.readUInt32LE(at + lengthAt);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}

function expectHead(given: unknown): BatchHead {
  const { tasks, of, at } = expectRecord(given, 'batch');
  const list = expectList(tasks, 'batch.tasks').map((number) => expectText(number, 'batch.tasks'));
  const positions = expectList(at, 'batch.at').map((position) => expectIndex(position, 'batch.at'));
  return {
    tasks: list,
    of: expectList(of, 'batch.of').map((task) => expectIndex(task, 'batch.of', list.length)),
    at: positions,
  };
}

/** Reads a task. @throws {DecodeError} */
export function expectTask(given: unknown): SentTask {
  const { number, code, name, title, slots, timeoutMs } = expectRecord(given, 'task');
  return {
    number: expectText(number, 'task.number'),
    code: expectCode(code),
    name: expectText(name, 'task.name'),
    title: expectText(title, 'task.title'),
    slots: expectIndex(slots, 'task.slots'),
    timeoutMs: typeof timeoutMs === 'number' ? timeoutMs : undefined,
  };
}

function expectCode(given: unknown): ModuleCode {
  const { url, package: name, path, digest } = expectRecord(given, 'code');
  return {
    url: expectText(url, 'code.url'),
    package: expectText(name, 'code.package'),
    path: expectText(path, 'code.path'),
    digest: expectText(digest, 'code.digest'),
  };
}

function expectCall(given: unknown): SentCall {
  const { args, isPacked, refs, key } = expectRecord(given, 'call');
  const text = expectTextOrNone(key, 'call.key');
  return {
    args,
    isPacked: isPacked === true,
    ...(refs === undefined ? {} : { refs: expectList(refs, 'call.refs') as Digest[] }),
    ...(text === undefined ? {} : { key: text }),
  };
}

function expectReply(given: unknown): Reply {
  const reply = expectRecord(given, 'reply');
  const is = expectText(reply['is'], 'reply.is');
  if (is === 'printed') {
    return {
      is,
      stream: reply['stream'] === 'stderr' ? 'stderr' : 'stdout',
      text: expectText(reply['text'], 'reply.text'),
      worker: expectText(reply['worker'], 'reply.worker'),
    };
  }
  if (is !== 'value' && is !== 'error' && is !== 'told' && is !== 'kept')
    throw new DecodeError('reply', `Cannot read a reply as its kind is not known: received '${is}'`);
  const { refs, reason, us } = reply;
  return {
    is,
    batch: expectText(reply['batch'], 'reply.batch'),
    call: expectIndex(reply['call'], 'reply.call'),
    data: reply['data'],
    isPacked: reply['isPacked'] === true,
    ...(refs === undefined ? {} : { refs: expectList(refs, 'reply.refs') as Digest[] }),
    ...(typeof reason === 'string' ? { reason: reason as FailureReason } : {}),
    ...(typeof us === 'number' ? { us } : {}),
  };
}
