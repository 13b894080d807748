/**
 * Claims that a host and a worker process keep in a file, since they share no memory. The file has no name; it is in
 * the cache of the system as a rule, and never on a disk for long.
 *
 * Each side has a byte for every call that only it writes. Whoever wants a call first says so in its own
 * byte, and then looks at the other one's: so at least one of the two sees the other. If both do, the worker
 * leaves the call out and says so, and the host gives it to some worker again. (This is the entry to Dekker's
 * mutual exclusion.)
 *
 * A look at a file takes a microsecond, which is much for a tiny call. A worker therefore takes several such calls at
 * a time: as many as it needs some 50 µs for.
 */

import { once } from '../base/once.ts';
import { randomSerial } from '../base/random.ts';
import {
  claimsOfWorker,
  finished,
  type HostClaims,
  listening,
  open,
  taken,
  takenBack,
  type WorkerClaims,
} from './claims.ts';

const fs = once(() => process.getBuiltinModule('node:fs'));

/** The argument of a worker process that has a file of claims. */
export const withClaims = '--claims';

/** Where the bytes begin that the worker writes, and those that the host writes. */
const ofWorker = 0;
const ofHost = claimsOfWorker;
/** For how long calls may run that are taken together, in microseconds. Arbitrary: what a user does not notice. */
const chunkUs = 50;
/** The most calls that are taken together. */
const mostTogether = 16;

/** Bytes of equal value, to write from. */
const bytesOf = (value: number): Uint8Array => new Uint8Array(claimsOfWorker).fill(value);

/** Makes the file; gives `undefined` where it cannot be made, such as where there is no room. */
export function openClaimsFile(): number | undefined {
  // A file that is open cannot be without a name there.
  if (process.platform === 'win32') return undefined;
  const { constants, openSync, rmSync, writeSync } = fs();
  for (const folder of ['/dev/shm', process.getBuiltinModule('node:os').tmpdir()]) {
    const path = `${folder}/heddle-${process.pid}-${randomSerial().toString(36)}`;
    try {
      const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
      rmSync(path);
      writeSync(file, new Uint8Array(2 * claimsOfWorker), 0, 2 * claimsOfWorker, 0);
      return file;
    } catch {
      // The next folder, or without claims.
    }
  }
  return undefined;
}

/** The bytes of one side or both, as calls are numbered. */
class ClaimsFile {
  readonly #file: number;
  readonly #byte: Uint8Array = new Uint8Array(1);

  constructor(file: number) {
    this.#file = file;
  }

  write(side: number, first: number, count: number, bytes: Uint8Array): void {
    const start = first % claimsOfWorker;
    const before = Math.min(count, claimsOfWorker - start);
    fs().writeSync(this.#file, bytes, 0, before, side + start);
    if (before < count) fs().writeSync(this.#file, bytes, 0, count - before, side);
  }

  read(side: number, first: number, count: number, into: Uint8Array): void {
    const start = first % claimsOfWorker;
    const before = Math.min(count, claimsOfWorker - start);
    fs().readSync(this.#file, into, 0, before, side + start);
    if (before < count) fs().readSync(this.#file, into, before, count - before, side);
  }

  at(side: number, call: number): number {
    this.read(side, call, 1, this.#byte);
    return this.#byte[0] as number;
  }

  close(): void {
    fs().closeSync(this.#file);
  }
}

/** The host's side. */
export class HostFileClaims implements HostClaims {
  readonly #file: ClaimsFile;
  readonly #open: Uint8Array = bytesOf(open);
  readonly #takenBack: Uint8Array = bytesOf(takenBack).subarray(0, 1);
  #isClosed = false;

  constructor(file: number) {
    this.#file = new ClaimsFile(file);
  }

  offer(first: number, count: number): void {
    if (this.#isClosed) return;
    this.#file.write(ofHost, first, count, this.#open);
    this.#file.write(ofWorker, first, count, this.#open);
  }

  tryTakeBack(call: number): boolean {
    if (this.#isClosed) return false;
    this.#file.write(ofHost, call, 1, this.#takenBack);
    return this.#file.at(ofWorker, call) === open;
  }

  stateOf(call: number): number {
    if (this.#isClosed) return taken;
    return this.#file.at(ofHost, call) === takenBack && this.#file.at(ofWorker, call) === open
      ? takenBack
      : this.#file.at(ofWorker, call);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#file.close();
  }
}

/** The worker's side. */
export class WorkerFileClaims implements WorkerClaims {
  readonly #file: ClaimsFile;
  readonly #nowMs: () => number;
  readonly #taken: Uint8Array = bytesOf(taken).subarray(0, mostTogether);
  readonly #byte: Uint8Array = new Uint8Array(1);
  /** What the host says of the calls that were taken last. */
  readonly #back: Uint8Array = new Uint8Array(mostTogether);
  #first = 0;
  #end = 0;
  #takenAtMs = 0;
  /** The call that has asked for its signal. */
  #listening = -1;

  constructor(file: number, nowMs: () => number) {
    this.#file = new ClaimsFile(file);
    this.#nowMs = nowMs;
  }

  tryStart(call: number, end: number): boolean {
    if (call < this.#first || call >= this.#end) this.#take(call, end);
    return this.#back[call - this.#first] !== takenBack;
  }

  #take(call: number, end: number): void {
    const nowMs = this.#nowMs();
    const last = this.#end - this.#first;
    // Not where it has waited for calls in between: then nothing is known.
    const meanUs = last > 0 && call === this.#end ? ((nowMs - this.#takenAtMs) * 1000) / last : chunkUs;
    const most = Math.min(mostTogether, 2 * last + 1, Math.floor(chunkUs / Math.max(meanUs, 0.1)));
    this.#first = call;
    this.#end = Math.min(end, call + Math.max(1, most));
    this.#takenAtMs = nowMs;
    const count = this.#end - call;
    this.#file.write(ofWorker, call, count, this.#taken);
    this.#file.read(ofHost, call, count, this.#back);
  }

  listen(call: number): void {
    this.#listening = call;
    this.#set(call, listening);
  }

  /** Says so only of a call that would be told that nobody waits for it: the others may have been run, for all that is known. */
  finish(call: number): void {
    if (call === this.#listening) this.#set(call, finished);
  }

  #set(call: number, state: number): void {
    this.#byte[0] = state;
    this.#file.write(ofWorker, call, 1, this.#byte);
  }
}
