/**
 * What came from a worker process, looked at: either it is a message of the protocol, or a `DecodeError` says what is
 * not as it must be. Values inside are looked at when they are unpacked.
 *
 * A process may send anything: it runs what tasks run, and what these have got from elsewhere.
 */

import { DecodeError } from '../codec/decode-error.ts';
import { expectIndex, expectList, expectRecord, unexpected } from '../codec/expect.ts';
import type { FailureReason } from '../task/outcome.ts';
import type { ProcessMessage } from './frames.ts';
import { type PrintStream, printStreams } from './print-ring.ts';
import type { HostMessage } from './protocol.ts';

/** Why calls fail in a worker. What else they fail with is found on the host. */
const reasons: ReadonlySet<unknown> = new Set<FailureReason>(['threw', 'not-loadable', 'not-cloneable']);

/** Looks at what one worker sends. */
export class SentMessages {
  /** Calls that were posted and not answered. */
  #open = 0;

  posted(message: HostMessage): void {
    if (message.kind === 'batch') this.#open += message.inputs.length;
  }

  /** @throws {DecodeError} If it is no message, or answers more calls than there are. */
  check(value: unknown): ProcessMessage {
    const message = expectRecord(value, 'message');
    switch (message['kind']) {
      case 'ready':
      case 'relayed':
        break;
      case 'loading':
      case 'loaded':
        if (message['task'] !== undefined) expectIndex(message['task'], 'message.task');
        break;
      case 'told':
        expectIndex(message['call'], 'message.call');
        expectFlag(message['isPacked'], 'message.isPacked');
        break;
      case 'state-failed':
      case 'uncaught':
        expectFlag(message['isPacked'], 'message.isPacked');
        break;
      case 'written':
        if (!printStreams.includes(message['stream'] as PrintStream))
          throw unexpected(message['stream'], 'message.stream', 'a stream');
        if (!(message['bytes'] instanceof Uint8Array))
          throw unexpected(message['bytes'], 'message.bytes', 'bytes');
        break;
      case 'outcomes':
        this.#checkOutcomes(message);
        break;
      default:
        throw unexpected(message['kind'], 'message.kind', 'a kind of message');
    }
    return message as unknown as ProcessMessage;
  }

  #checkOutcomes(message: Readonly<Record<string, unknown>>): void {
    const { values, failures, skipped, meanUs, memoryBytes } = message;
    expectFlag(message['isPacked'], 'message.isPacked');
    if (message['hasReferences'] !== undefined) expectFlag(message['hasReferences'], 'message.hasReferences');
    if (!Array.isArray(values)) throw unexpected(values, 'message.values', 'a list');
    // First of all: whoever walks through them needs a time for each.
    if (values.length > this.#open) {
      throw new DecodeError(
        'message.values',
        `Cannot read an answer as it has more values than calls were sent: received ${values.length} for ${this.#open}`,
      );
    }
    this.#open -= values.length;
    expectList(values, 'message.values');
    let after = -1;
    for (const pair of failures === undefined ? [] : expectList(failures, 'message.failures')) {
      const [position, reason] = expectList(pair, 'message.failures');
      // In order, as their reader goes through them once.
      if (expectIndex(position, 'message.failures', values.length) <= after)
        throw unexpected(position, 'message.failures', 'in order');
      after = position as number;
      if (!reasons.has(reason)) throw unexpected(reason, 'message.failures', 'a reason');
    }
    for (const position of skipped === undefined ? [] : expectList(skipped, 'message.skipped'))
      expectIndex(position, 'message.skipped', values.length);
    expectAmount(meanUs, 'message.meanUs');
    if (memoryBytes !== undefined) expectAmount(memoryBytes, 'message.memoryBytes');
  }
}

function expectFlag(value: unknown, path: string): void {
  if (typeof value !== 'boolean') throw unexpected(value, path, 'true or false');
}

function expectAmount(value: unknown, path: string): void {
  if (typeof value !== 'number' || !(value >= 0 && value < Number.POSITIVE_INFINITY))
    throw unexpected(value, path, 'a finite number, at least 0');
}
