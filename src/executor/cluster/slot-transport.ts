/**
 * A worker that runs in a job of a cluster, as a pool sees it: a transport like those to threads and processes.
 *
 * It begins as a wish: what is sent to it waits until a pilot has room, has started a worker, and that one has connected back.
 * From there on messages go to and fro by that connection, and how it ended is known from the pilot.
 *
 * - **In order:** what was printed before an outcome comes before it; the end comes after all that arrived.
 * - **Lost places:** with its job, node or connection the worker is lost, as `Ending` says, with where it was.
 * - **Sources:** with the first call of a task it sends what the task's module is made of, so that the worker can refuse.
 */

import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { SourceManifest } from '../../sources/source-manifest.ts';
import { toFrame, toGreetingFrame } from '../../worker/frames.ts';
import { ownGreeting } from '../../worker/greeting.ts';
import { InTurn } from '../../worker/in-turn.ts';
import { memoryErrorOf } from '../../worker/out-of-memory.ts';
import type { PrintedLines, WorkerLines } from '../../worker/printed-lines.ts';
import type { SentMessage } from '../../worker/protocol.ts';
import { ReceivedMessages } from '../../worker/received-messages.ts';
import type { Transport, TransportListener } from '../../worker/transport.ts';
import { PlaceLostError } from '../../worker/worker-lost-error.ts';
import type { SlotEndedMessage } from './control.ts';

/** How long is waited, once a worker is known to be gone, for what it has sent; and the other way round. In milliseconds. Arbitrary. */
const restMs = 1000;
/** The same when nothing is known of it any more. */
const lostRestMs = 250;
/** How long a pilot may take to end a worker, in milliseconds. Arbitrary. */
const closeTimeoutMs = 5000;

/** Where a worker runs. */
export interface SlotPlace {
  /** For people: `node n1, job 12_3`. */
  readonly name: string;
  /** Ends the worker at once. */
  close(): void;
}

export interface SlotTransportParts {
  readonly listener: TransportListener<SentMessage>;
  readonly lines: PrintedLines;
  readonly clock: Clock;
  /** What a module is made of here; `undefined` if workers need not compare. */
  readonly sourcesOf: (url: string) => SourceManifest | undefined;
  /** It does not want a place any more. */
  withdrawn(slot: SlotTransport): void;
  /** Whether it keeps the process alive while it waits may have changed. */
  changed(): void;
}

export class SlotTransport implements Transport {
  readonly #parts: SlotTransportParts;
  readonly #received: ReceivedMessages;
  readonly #inTurn = new InTurn();
  readonly #lines: WorkerLines;
  readonly #whenEnded = Promise.withResolvers<void>();
  /** What is to be sent once the worker has said who it is. */
  #waiting: Buffer[] = [];
  #place: SlotPlace | undefined;
  #socket: Socket | undefined;
  #isSocketClosed = false;
  #doesKeep = true;
  #exit: SlotEndedMessage | undefined;
  #lost: Error | undefined;
  #isLosing = false;
  #hasEnded = false;
  #timer: Disposable | undefined;

  constructor(parts: SlotTransportParts) {
    this.#parts = parts;
    const inTurn = this.#inTurn;
    this.#lines = parts.lines.open({
      hold: () => {
        inTurn.hold();
        this.#socket?.pause();
      },
      release: () => {
        inTurn.release();
        if (!inTurn.isHeld) this.#socket?.resume();
      },
      // What is on its way cannot be taken before it comes.
      drain: () => undefined,
    });
    this.#received = new ReceivedMessages({
      listener: parts.listener,
      inTurn,
      printed: (stream, bytes) => this.#lines.push(stream, bytes),
      refused: () => void this.terminate(),
    });
  }

  /** Whether the process is to be kept alive for it though it has no connection yet. */
  get isAwaited(): boolean {
    return this.#doesKeep && this.#socket === undefined && !this.#hasEnded;
  }

  /** A pilot has room for it. */
  placeAt(place: SlotPlace): void {
    this.#place = place;
  }

  /** Its worker has connected. */
  connected(socket: Socket): void {
    if (this.#hasEnded || this.#socket !== undefined) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received.take(chunk);
      if (this.#waiting.length > 0 && this.#received.isGreeted) this.#begin(socket);
    });
    socket.once('close', () => {
      this.#isSocketClosed = true;
      this.#finishAfter(restMs);
    });
    if (this.#doesKeep) socket.ref();
    else socket.unref();
    socket.resume();
    this.#waiting.unshift(toGreetingFrame(ownGreeting()));
    this.#parts.changed();
  }

  /** Before the worker has spoken, the connection was not handed to it. */
  #begin(socket: Socket): void {
    for (const frame of this.#waiting.splice(0)) socket.write(frame);
  }

  /** Its pilot says that the worker is gone. @param why - what is to blame, if not the worker itself */
  ended(exit: SlotEndedMessage, why?: Error): void {
    this.#exit = exit;
    this.#isLosing = false;
    this.#lost ??= why;
    this.#finishAfter(restMs);
  }

  /** It is to be sent no more: its place ends soon, or has ended. */
  retire(): void {
    if (!this.#hasEnded) this.#inTurn.run(() => this.#parts.listener.message({ kind: 'retiring' }));
  }

  /** It is lost, perhaps with its place: `lost` or `ended` will tell why. Until then it is sent no more, and what it has sent is read. */
  losing(): void {
    this.#isLosing = true;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.retire();
  }

  /** There is no place for it any more. */
  lost(reason: Error): void {
    this.#isLosing = false;
    this.#lost ??= reason;
    this.#socket?.end();
    this.#finishAfter(lostRestMs);
  }

  /** Ends when both its exit and its last words are there, or after a while. */
  #finishAfter(ms: number): void {
    if (this.#hasEnded) return;
    const isRead = this.#socket === undefined || this.#isSocketClosed;
    if (isRead && (this.#exit !== undefined || this.#lost !== undefined)) {
      this.#finish();
      return;
    }
    if (this.#isLosing) return;
    this.#timer ??= this.#parts.clock.after(ms, () => this.#finish());
  }

  #finish(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#timer?.[Symbol.dispose]();
    this.#waiting = [];
    this.#socket?.destroy();
    const { exitCode, signal } = this.#exit ?? {};
    const error = this.#received.error ?? this.#endedBy();
    const place = this.#place?.name;
    this.#inTurn.run(() => this.#lines.end());
    this.#inTurn.run(() => {
      this.#parts.listener.ended({ exitCode, signal, error, place });
      this.#whenEnded.resolve();
    });
    this.#parts.changed();
  }

  /** What is to blame besides the worker itself. */
  #endedBy(): unknown {
    if (this.#exit === undefined) return this.#lost ?? new PlaceLostError('has lost its connection');
    const { error, lastWords, exitCode, signal } = this.#exit;
    if (error !== undefined) return new Error(error);
    // If it was ended by the very thing that ends its job, that tells more.
    return memoryErrorOf(lastWords ?? '', { exitCode, signal }) ?? this.#lost;
  }

  post: Transport['post'] = (message) => {
    const isFirst = message.kind === 'batch' && message.module !== undefined;
    const sources = isFirst ? this.#parts.sourcesOf(message.module.url) : undefined;
    const frame = toFrame(sources === undefined ? message : { ...message, sources });
    this.#received.posted(message);
    if (this.#hasEnded) return;
    if (!this.#received.isGreeted || this.#waiting.length > 0) this.#waiting.push(frame);
    else if (this.#socket?.writable === true) this.#socket.write(frame);
  };

  keepAlive(doesKeep: boolean): void {
    this.#doesKeep = doesKeep;
    if (doesKeep) this.#socket?.ref();
    else this.#socket?.unref();
    this.#parts.changed();
  }

  async terminate(): Promise<void> {
    if (!this.#hasEnded) {
      this.#parts.withdrawn(this);
      if (this.#place === undefined) this.#finish();
      else {
        this.keepAlive(true);
        this.#place.close();
        this.#parts.clock.after(
          closeTimeoutMs,
          () => this.lost(new PlaceLostError('did not end when it was told to')),
          { ref: false },
        );
      }
    }
    await this.#whenEnded.promise;
  }
}
