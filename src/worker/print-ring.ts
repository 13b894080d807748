/**
 * What a thread prints, on its way to the host: a pipe in memory that both share.
 *
 * - **Nothing is lost:** it is in the ring when the write returns, whatever becomes of the thread then.
 * - **In order:** the host empties the ring before it hears any message, so what was printed before a message
 *   comes before it.
 * - **Bounded:** a thread that prints faster than the host takes waits, as it would at the end of a pipe.
 *
 * Leaves lines to the host: these are bytes.
 */

/** How much may wait for the host, in bytes; a power of two. Arbitrary: what a pipe holds, some times over. */
const ringBytes = 262_144;
const mask = ringBytes - 1;
/** The counters: bytes put in and taken out since the start, which may run over; whether the host has been told. */
const [putAt, takenAt, toldAt] = [0, 1, 2];
const counterBytes = 12;
/** Before each write: its length, and the stream in the lowest bit. */
const headBytes = 4;

/** The streams of a thread, as they are numbered in the ring. */
export const printStreams = ['stdout', 'stderr'] as const;
export type PrintStream = (typeof printStreams)[number];

/** From a thread to its transport: there is something in the ring. */
export interface PrintedMessage {
  readonly kind: 'printed';
}

/** One end writes, the other one takes. */
export class PrintRing {
  readonly buffer: SharedArrayBuffer;
  readonly #counters: Int32Array;
  readonly #heads: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(counterBytes + ringBytes)) {
    this.buffer = buffer;
    this.#counters = new Int32Array(buffer, 0, counterBytes / 4);
    this.#heads = new Int32Array(buffer, counterBytes);
    this.#bytes = new Uint8Array(buffer, counterBytes);
  }

  /**
   * Puts bytes in, in the thread. Blocks while there is no room.
   *
   * @param tell - tells the host that there is something to take, unless it has been told and has not looked yet
   */
  write(stream: PrintStream, bytes: Uint8Array, tell: () => void): void {
    const counters = this.#counters;
    let left = bytes;
    while (left.length > 0) {
      const put = Atomics.load(counters, putAt);
      const taken = Atomics.load(counters, takenAt);
      const room = ringBytes - ((put - taken) | 0) - headBytes;
      if (room <= 0) {
        Atomics.wait(counters, takenAt, taken);
        continue;
      }
      const part = left.subarray(0, room);
      left = left.subarray(room);
      this.#heads[(put & mask) / 4] = part.length * 2 + printStreams.indexOf(stream);
      this.#copyIn(part, (put + headBytes) & mask);
      Atomics.store(counters, putAt, (put + headBytes + padded(part.length)) | 0);
      // The host looks after it has taken this back: it is told, or it sees what was put in.
      if (Atomics.exchange(counters, toldAt, 1) === 0) tell();
    }
  }

  /**
   * Takes all that is there, in the host.
   *
   * @param take - given what was written to one stream in a row. The bytes are its own
   */
  take(take: (stream: PrintStream, bytes: Buffer) => void): void {
    const counters = this.#counters;
    Atomics.store(counters, toldAt, 0);
    const put = Atomics.load(counters, putAt);
    const taken = Atomics.load(counters, takenAt);
    if (put === taken) return;
    const copy = this.#copyOut(taken & mask, (put - taken) | 0);
    Atomics.store(counters, takenAt, put);
    Atomics.notify(counters, takenAt);
    // Writes to the same stream are moved together, over the heads between them.
    let [start, end, last] = [0, 0, 0];
    for (let at = 0; at < copy.length; ) {
      const head = copy.readInt32LE(at);
      const length = head >> 1;
      if ((head & 1) !== last) {
        if (end > start) take(streamOf(last), copy.subarray(start, end));
        last = head & 1;
        start = end = at;
      }
      copy.copyWithin(end, at + headBytes, at + headBytes + length);
      end += length;
      at += headBytes + padded(length);
    }
    take(streamOf(last), copy.subarray(start, end));
  }

  #copyIn(part: Uint8Array, at: number): void {
    const beforeEnd = ringBytes - at;
    this.#bytes.set(part.subarray(0, beforeEnd), at);
    if (part.length > beforeEnd) this.#bytes.set(part.subarray(beforeEnd));
  }

  #copyOut(at: number, length: number): Buffer {
    const copy = Buffer.allocUnsafe(length);
    const beforeEnd = ringBytes - at;
    copy.set(this.#bytes.subarray(at, Math.min(at + length, ringBytes)));
    if (length > beforeEnd) copy.set(this.#bytes.subarray(0, length - beforeEnd), beforeEnd);
    return copy;
  }
}

/** Heads stand at multiples of their own length, so that none runs over the end of the ring. */
function padded(length: number): number {
  return (length + headBytes - 1) & -headBytes;
}

function streamOf(number: number): PrintStream {
  return printStreams[number] as PrintStream;
}
