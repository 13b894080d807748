/**
 * What a running call has told, read.
 */

import { unexpected } from '../codec/expect.ts';
import type { Packer } from '../codec/pack.ts';
import type { CallEvent } from '../task/call-event.ts';
import type { ToldMessage } from '../worker/protocol.ts';

/** Reads an event. What cannot be read, as by the user's own codec, is told by the error in its place. */
export function readEvent({ event, isPacked }: ToldMessage, packer: Packer): CallEvent {
  try {
    return checked(packer.unpack({ data: event, isPacked }));
  } catch (error) {
    return { kind: 'emission', value: error };
  }
}

function checked(event: unknown): CallEvent {
  const { kind, done, total, text, value } = (event ?? {}) as Readonly<Record<string, unknown>>;
  if (kind === 'emission') return { kind, value };
  const isProgress =
    kind === 'progress' &&
    typeof done === 'number' &&
    (total === undefined || typeof total === 'number') &&
    (text === undefined || typeof text === 'string');
  if (!isProgress) throw unexpected(event, 'event', 'an event of a call');
  return { kind, done, total, text };
}
