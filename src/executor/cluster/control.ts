/**
 * What a program and a pilot tell each other, by a connection of their own: which workers to start and to end, and that they
 * are there. Calls and their outcomes do not go this way.
 *
 * Plain data in frames, as all messages between processes; what comes is looked at. Leaves to both ends what follows.
 */

import type { Socket } from 'node:net';
import { expectIndex, expectRecord, expectText, expectTextOrNone, unexpected } from '../../codec/expect.ts';
import { FrameReader, toFrame } from '../../worker/frames.ts';

/** From the program to a pilot. */
export type ToPilot =
  | WelcomeMessage
  /** Start a worker; it connects by itself. */
  | { readonly kind: 'open'; readonly slot: number }
  /** End a worker at once. */
  | { readonly kind: 'close'; readonly slot: number }
  /** There is nothing to do any more: end. */
  | { readonly kind: 'end' };

/** How to work; the first message. */
export interface WelcomeMessage {
  readonly kind: 'welcome';
  /** Its number: by this its workers say whose they are. */
  readonly pilot: number;
  /** How many workers it has at most, among which GPUs are shared out. */
  readonly workers: number;
  readonly beatMs: number;
  /** For how long it waits for a program that is gone. */
  readonly graceMs: number;
  /** How long its job may run; `undefined` if that is not known. */
  readonly lifetimeMs: number | undefined;
  /** How long before the end of its job it takes no more calls. */
  readonly drainMs: number;
}

/** From a pilot to the program. */
export type FromPilot =
  | HelloMessage
  | { readonly kind: 'beat' }
  | SlotEndedMessage
  /** It takes no more calls, since its job ends soon. */
  | { readonly kind: 'draining'; readonly why: 'time' | 'signal' };

/** Who the pilot is; its first message. */
export interface HelloMessage {
  readonly kind: 'hello';
  readonly node: string;
  readonly pid: number;
  /** As many as the job may use. */
  readonly cpus: number;
  /** What the job says of its GPUs, as `CUDA_VISIBLE_DEVICES` does. */
  readonly gpus: string | undefined;
}

/** A worker is gone, or could not be started. */
export interface SlotEndedMessage {
  readonly kind: 'ended';
  readonly slot: number;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** Why it could not be started. */
  readonly error: string | undefined;
  /** What it wrote last, if it ended itself. */
  readonly lastWords: string | undefined;
}

/** One end of the connection. */
export class ControlLine {
  readonly #socket: Socket;

  /**
   * @param heard - told what comes; what it throws ends the connection
   * @param closed - the connection is gone; once
   */
  constructor(socket: Socket, heard: (message: unknown) => void, closed: (error: Error | undefined) => void) {
    this.#socket = socket;
    const reader = new FrameReader();
    let reason: Error | undefined;
    socket.on('data', (chunk: Buffer) => {
      if (socket.destroyed) return;
      try {
        for (const message of reader.push(chunk)) heard(message);
      } catch (error) {
        reason = error as Error;
        socket.destroy();
      }
    });
    socket.on('error', (error) => {
      reason ??= error;
    });
    // The other end says that it ends, and means all of it.
    socket.once('end', () => socket.destroy());
    socket.once('close', () => closed(reason));
    socket.resume();
  }

  send(message: ToPilot | FromPilot): void {
    if (this.#socket.writable) this.#socket.write(toFrame(message));
  }

  /** Ends the connection after what was sent. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** @throws {DecodeError} If it is no message of a program. */
export function readToPilot(value: unknown): ToPilot {
  const message = expectRecord(value, 'message');
  switch (message['kind']) {
    case 'welcome':
      expectIndex(message['pilot'], 'message.pilot');
      expectIndex(message['workers'], 'message.workers');
      expectMs(message['beatMs'], 'message.beatMs');
      expectMs(message['graceMs'], 'message.graceMs');
      expectMs(message['drainMs'], 'message.drainMs');
      if (message['lifetimeMs'] !== undefined) expectMs(message['lifetimeMs'], 'message.lifetimeMs');
      break;
    case 'open':
    case 'close':
      expectIndex(message['slot'], 'message.slot');
      break;
    case 'end':
      break;
    default:
      throw unexpected(message['kind'], 'message.kind', 'a kind of message');
  }
  return message as unknown as ToPilot;
}

/** @throws {DecodeError} If it is no message of a pilot. */
export function readFromPilot(value: unknown): FromPilot {
  const message = expectRecord(value, 'message');
  switch (message['kind']) {
    case 'hello':
      expectText(message['node'], 'message.node');
      expectIndex(message['pid'], 'message.pid');
      expectIndex(message['cpus'], 'message.cpus');
      expectTextOrNone(message['gpus'], 'message.gpus');
      break;
    case 'ended':
      expectIndex(message['slot'], 'message.slot');
      if (message['exitCode'] !== undefined) expectIndex(message['exitCode'], 'message.exitCode');
      for (const name of ['signal', 'error', 'lastWords']) expectTextOrNone(message[name], `message.${name}`);
      break;
    case 'draining':
      if (message['why'] !== 'time' && message['why'] !== 'signal')
        throw unexpected(message['why'], 'message.why', 'a reason');
      break;
    case 'beat':
      break;
    default:
      throw unexpected(message['kind'], 'message.kind', 'a kind of message');
  }
  return message as unknown as FromPilot;
}

function expectMs(value: unknown, path: string): void {
  if (typeof value !== 'number' || !(value >= 0)) throw unexpected(value, path, 'a time');
}
