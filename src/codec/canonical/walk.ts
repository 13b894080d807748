/**
 * Goes through a value and writes its canonical encoding, see `docs/formats/digest.md`.
 *
 * Decides what comes next; the writer writes it. One walk digests one value at a time. A value inside another is encoded
 * in its place; if that turns out long (`longestInline`), its digest takes the place. This bounds memory, and, as
 * such digests are remembered, time: an object that stands in many places is encoded once, and for the rest its digest
 * or at most a kilobyte is written. Only inside of a cycle must objects be encoded anew in each place, since what they
 * come back to is told by how far out it is; how much of that is done is bounded.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { pathText } from '../../base/path.ts';
import { isPlainObject } from '../../base/plain.ts';
import { ByteWriter, longText } from './byte-writer.ts';
import { type DigestCodec, type DigestStandIn, digestSymbol } from './digest-codec.ts';
import { sortEntries } from './entry-order.ts';
import { header, tag } from './format.ts';
import { Frame, type Members } from './frame.ts';
import { KnownParts } from './known-parts.ts';
import {
  membersOfError,
  membersOfList,
  membersOfMap,
  membersOfRecord,
  membersOfSet,
  membersOfStandIn,
  refuseOwnMembers,
} from './members.ts';
import { bytesOfBuffer, bytesOfView, type MemoryBytes } from './memory-bytes.ts';
import { isErrorKind, nativeKindOf } from './native-kind.ts';
import { NotDigestibleError } from './not-digestible-error.ts';
import { namedMembers, presentIndices } from './own-members.ts';
import { Refusal, refusalOf } from './refusal.ts';
import { feed, startSha256 } from './sha256.ts';

/** Deeper than any data but that which has no end, such as a proxy that makes a new object at each look. Arbitrary. */
const deepest = 200_000;
/** So much of one list or record is gathered before it is hashed. Arbitrary: far above what starting a hash costs. */
const flushBytes = 2 ** 15;
/** Larger memory is hashed where it lies; smaller is copied, since starting a hash costs as much. Measured. */
const copiedBytes = 2 ** 14;
/** As many enclosing objects are compared one by one; deeper ones are looked up. Measured. */
const fewEnclosers = 8;
/** Of objects in cycles, so many bytes are encoded again before the value is refused: some seconds. Each counts as some more than it has. */
const mostRepeated = 2 ** 27;
const repeatCost = 64;
/** A hole longer than this is left by asking for the elements there are. Arbitrary. */
const longHole = 1000;
/** What a walk keeps for the next value. Arbitrary: what usual arguments need. */
const keptBytes = 2 ** 16;
const keptFrames = 100;

export class Walk {
  readonly #codecs: readonly DigestCodec[];
  readonly #writer = new ByteWriter();
  /** As many as the deepest value needed; the first `#depth` are in use. */
  readonly #frames: Frame[] = [];
  #depth = 0;
  /** Where enclosing objects stand, beyond the first few. */
  readonly #deepEnclosers = new Map<object, number>();
  readonly #known = new KnownParts();
  #repeated = 0;

  constructor(codecs: readonly DigestCodec[]) {
    this.#codecs = codecs;
    this.#writer.raw(header);
  }

  /**
   * Encodes a value.
   *
   * @returns the bytes to be hashed; or the digest of the value, if it is long
   * @throws {NotDigestibleError} If something in it has no digest.
   */
  encode(value: unknown, what: string): Uint8Array | string {
    const writer = this.#writer;
    writer.position = header.length;
    try {
      this.#write(value);
      while (this.#depth > 0) this.#continue(this.#frames[this.#depth - 1] as Frame);
    } catch (error) {
      throw this.#explain(error, what);
    }
    if (writer.bytes[header.length] !== tag.digest) return writer.bytes.subarray(0, writer.position);
    return writer.bytes.toString('latin1', header.length + 1, header.length + 33);
  }

  /** Lets go of all that is the user's. Whether the walk is worth keeping. */
  reset(): boolean {
    while (this.#depth > 0) this.#frames[--this.#depth]?.clear();
    if (this.#deepEnclosers.size > 0) this.#deepEnclosers.clear();
    this.#known.clear();
    this.#repeated = 0;
    return this.#writer.bytes.length <= keptBytes && this.#frames.length <= keptFrames;
  }

  /** Writes a value, or opens a frame for it. Gives whether it opened one. */
  #write(value: unknown): boolean {
    const writer = this.#writer;
    switch (typeof value) {
      case 'number':
        writer.byte(tag.number);
        writer.float64(value);
        return false;
      case 'string':
        this.#writeText(value);
        return false;
      case 'boolean':
        writer.byte(value ? tag.true : tag.false);
        return false;
      case 'undefined':
        writer.byte(tag.undefined);
        return false;
      case 'bigint': {
        const start = writer.position;
        writer.bigint(value);
        this.#cutIfLong(start);
        return false;
      }
      case 'symbol':
        throw refusalOf(value);
      case 'function':
        return this.#writeObject(value);
      default:
        if (value !== null) return this.#writeObject(value as object);
        writer.byte(tag.null);
        return false;
    }
  }

  #writeText(value: string): void {
    const writer = this.#writer;
    const start = writer.position;
    if (value.length > longText) {
      const encoding = writer.textHead(value);
      this.#writeLongBytes(start, Buffer.from(value, encoding));
    } else {
      writer.text(value);
      this.#cutIfLong(start);
    }
  }

  #writeObject(value: object): boolean {
    const writer = this.#writer;
    const known = this.#known.find(value);
    if (known !== undefined) {
      writer.latin1(known);
      return false;
    }
    const encloser = this.#encloserAt(value);
    if (encloser !== undefined) {
      writer.byte(tag.encloser);
      writer.count(this.#depth - encloser);
      const frame = this.#frames[this.#depth - 1] as Frame;
      frame.reach = Math.min(frame.reach, encloser);
      return false;
    }
    const start = writer.position;
    const members = this.#begin(value);
    if (members === undefined) return false;
    this.#open(value, members, start);
    return true;
  }

  /** How many objects enclose the given one, which encloses this place; `undefined` if it does not. */
  #encloserAt(value: object): number | undefined {
    const frames = this.#frames;
    for (let i = Math.min(this.#depth, fewEnclosers) - 1; i >= 0; i--) {
      if ((frames[i] as Frame).value === value) return i;
    }
    return this.#depth > fewEnclosers ? this.#deepEnclosers.get(value) : undefined;
  }

  /** Writes what comes before an object's members, and gives these; or writes all of it. */
  #begin(value: object): Members | undefined {
    if (typeof value === 'function') return this.#beginInstance(value);
    const isList = Array.isArray(value);
    if (!isList && isPlainObject(value)) {
      const members = membersOfRecord(value);
      this.#writer.byte(tag.record);
      this.#writer.count(members.keys.length);
      return members;
    }
    const prototype = Object.getPrototypeOf(value) as object | null;
    const kind = nativeKindOf(prototype);
    if (isList !== (kind === 'Array')) return this.#beginInstance(value);
    if (isList) return this.#beginList(membersOfList(value));
    return kind === undefined ? this.#beginInstance(value) : this.#beginNative(value, kind);
  }

  #beginList(members: Members): Members {
    const writer = this.#writer;
    const names = members.keys.length;
    writer.byte(names === 0 ? tag.list : tag.listWithMembers);
    writer.count(members.length);
    if (names > 0) writer.count(names);
    return members;
  }

  #beginNative(value: object, kind: string): Members | undefined {
    const writer = this.#writer;
    switch (kind) {
      case 'Map':
        return this.#beginEntries(tag.map, membersOfMap(value as Map<unknown, unknown>));
      case 'Set':
        return this.#beginEntries(tag.set, membersOfSet(value as Set<unknown>));
      case 'Date': {
        refuseOwnMembers(value);
        const timeMs = Date.prototype.getTime.call(value);
        writer.byte(tag.date);
        writer.float64(timeMs);
        return undefined;
      }
      case 'RegExp':
        this.#writeRegExp(value as RegExp);
        return undefined;
      case 'Number':
      case 'Boolean':
      case 'BigInt':
        refuseOwnMembers(value);
        this.#writeBoxed(valueInBox[kind].call(value));
        return undefined;
      case 'String': {
        const text = String.prototype.valueOf.call(value);
        refuseOwnMembers(value, Object.keys(value).slice(text.length));
        this.#writeBoxed(text);
        return undefined;
      }
      case 'ArrayBuffer':
      case 'SharedArrayBuffer':
        refuseOwnMembers(value);
        this.#writeMemory(value, bytesOfBuffer(value as ArrayBuffer));
        return undefined;
      default:
        if (isErrorKind(kind)) {
          const members = membersOfError(value as Error);
          writer.byte(tag.error);
          writer.text(kind);
          writer.count(members.keys.length);
          return members;
        }
        if (!ArrayBuffer.isView(value)) throw new TypeError(`it is no ${kind}`);
        refuseOwnMembers(value, kind === 'DataView' ? Object.keys(value) : namedMembers(value as Uint8Array));
        this.#writeMemory(value, bytesOfView(value, kind));
        return undefined;
    }
  }

  #beginEntries(entriesTag: number, members: Members): Members {
    this.#writer.byte(entriesTag);
    this.#writer.count(members.length / (members.sortedBy ?? 1));
    return members;
  }

  #writeRegExp(value: RegExp): void {
    refuseOwnMembers(value);
    const writer = this.#writer;
    const start = writer.position;
    const { source, flags, lastIndex } = value;
    writer.byte(tag.regExp);
    writer.text(source);
    writer.text(flags);
    writer.float64(lastIndex);
    this.#cutIfLong(start);
  }

  #writeBoxed(primitive: unknown): void {
    const start = this.#writer.position;
    this.#writer.byte(tag.boxed);
    this.#write(primitive);
    this.#cutIfLong(start);
  }

  #writeMemory(value: object, { head, bytes, most }: MemoryBytes & { readonly most?: number }): void {
    const writer = this.#writer;
    const start = writer.position;
    for (const byte of head) writer.byte(byte);
    if (most !== undefined) writer.count(most);
    writer.count(bytes.length);
    if (bytes.length > copiedBytes) this.#writeLongBytes(start, bytes);
    else {
      writer.raw(bytes);
      if (!this.#cutIfLong(start)) return;
    }
    this.#known.keep(value, writer.latin1Since(start));
  }

  /** Writes the digest of what was written since `start` and of more bytes, in the place of both. */
  #writeLongBytes(start: number, bytes: Uint8Array): void {
    const writer = this.#writer;
    const hash = startSha256();
    hash.update(header);
    hash.update(writer.bytes.subarray(start, writer.position));
    feed(hash, bytes);
    writer.position = start;
    writer.digest(hash.digest('binary'));
  }

  /** Puts the digest of what was written since `start` in its place, if that is long. */
  #cutIfLong(start: number): boolean {
    const writer = this.#writer;
    if (!writer.isLongSince(start)) return false;
    const digest = writer.digestSince(start);
    writer.position = start;
    writer.digest(digest);
    return true;
  }

  /** Begins an instance of a class, or a function: it must say itself what stands for it. */
  #beginInstance(value: object): Members {
    const { kind, parts } = this.#standInOf(value);
    this.#writer.byte(tag.standIn);
    this.#writer.text(kind);
    return membersOfStandIn(kind, parts);
  }

  #standInOf(value: object): DigestStandIn {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (typeof value !== 'function' && prototype !== null && Object.hasOwn(prototype as object, digestSymbol))
      return checkStandIn((value as { [digestSymbol](): unknown })[digestSymbol]());
    for (const codec of this.#codecs) {
      if (codec.matches(value)) return { kind: codec.kind, parts: codec.parts(value as never) };
    }
    throw refusalOf(value);
  }

  #open(value: object, members: Members, start: number): void {
    if (this.#depth >= deepest)
      throw new Refusal(
        `it is nested too deeply: received more than ${deepest} levels`,
        'give a list of its parts',
      );
    const frame = (this.#frames[this.#depth] ??= new Frame());
    frame.open(value, members, start);
    frame.looseBefore = this.#known.looseCount;
    frame.isRepeat = this.#known.enter(value);
    if (frame.isRepeat) this.#countRepeated(repeatCost);
    if (this.#depth >= fewEnclosers) this.#deepEnclosers.set(value, this.#depth);
    this.#depth++;
  }

  #countRepeated(bytes: number): void {
    this.#repeated += bytes;
    if (this.#repeated > mostRepeated)
      throw new Refusal(
        'too many ways lead through the cycles in it',
        'give its parts in a list, and refer to them by their place there',
      );
  }

  /** Writes members until one has members of its own, or there are none left. */
  #continue(frame: Frame): void {
    const writer = this.#writer;
    const { members, entries, value } = frame;
    const { shape, list, length, keys, sortedBy } = members;
    const end = length + keys.length;
    while (frame.index < end) {
      if (entries === undefined && writer.position - frame.start > flushBytes) this.#flush(frame);
      const index = frame.index++;
      if (index < length) {
        if (entries !== undefined && index % (sortedBy as number) === 0) entries.push(writer.position);
        const item = list[index];
        if (item === undefined && shape === 'list' && !(index in list)) this.#writeHoles(frame, index);
        else if (this.#write(item)) return;
      } else {
        const key = keys[index - length] as string;
        writer.text(key);
        if (this.#write((value as Record<string, unknown>)[key])) return;
      }
    }
    this.#close(frame);
  }

  #writeHoles(frame: Frame, start: number): void {
    const { list, length } = frame.members;
    let next = start + 1;
    const soon = Math.min(length, next + longHole);
    while (next < soon && list[next] === undefined && !(next in list)) next++;
    if (next === soon && next < length) next = nextPresent(frame, next);
    this.#writer.byte(tag.holes);
    this.#writer.count(next - start);
    frame.index = next;
  }

  /** Hashes what a long list or record has so far, and takes it out of memory. */
  #flush(frame: Frame): void {
    const writer = this.#writer;
    if (frame.hash === undefined) {
      frame.hash = startSha256();
      frame.hash.update(header);
    }
    frame.hash.update(writer.bytes.subarray(frame.start, writer.position));
    frame.hashedBytes += writer.position - frame.start;
    writer.position = frame.start;
  }

  #close(frame: Frame): void {
    const writer = this.#writer;
    if (frame.entries !== undefined) sortEntries(writer.bytes, frame.entries, writer.position);
    if (frame.isRepeat) {
      this.#countRepeated(frame.hashedBytes + writer.position - frame.start);
      this.#known.leave(frame.value);
    }
    const isLong = this.#digestIfLong(frame);
    this.#depth--;
    if (this.#depth >= fewEnclosers) this.#deepEnclosers.delete(frame.value);
    if (this.#depth > 0) this.#remember(frame, isLong);
    frame.clear();
  }

  /** Remembers what was written for an object. The root needs not to be: nothing comes after it. */
  #remember({ value, reach, start, looseBefore }: Frame, isLong: boolean): void {
    const encloser = this.#frames[this.#depth - 1] as Frame;
    encloser.reach = Math.min(encloser.reach, reach);
    if (reach < this.#depth) this.#known.closeOpen(value);
    else if (reach !== Number.POSITIVE_INFINITY)
      this.#known.closeKnot(value, looseBefore, this.#writer.latin1Since(start));
    else if (isLong) this.#known.keep(value, this.#writer.latin1Since(start));
  }

  #digestIfLong(frame: Frame): boolean {
    if (frame.hash === undefined) return this.#cutIfLong(frame.start);
    this.#flush(frame);
    this.#writer.digest(frame.hash.digest('binary'));
    return true;
  }

  #explain(error: unknown, what: string): NotDigestibleError {
    const steps = this.#frames.slice(0, this.#depth).map((frame) => frame.step());
    const path = pathText(what, steps.length > shownSteps ? steps.slice(0, shownSteps) : steps);
    const shown = steps.length > shownSteps ? `${path}… (${steps.length} levels)` : path;
    if (error instanceof Refusal)
      return new NotDigestibleError(shown, `Cannot digest ${shown} as ${error.message}\n  ${error.mend}`);
    const thrown = error instanceof Error ? error.message : inspectShort(error);
    return new NotDigestibleError(shown, `Cannot digest ${shown} as reading it failed: ${thrown}`, {
      cause: error,
    });
  }
}

/** Of a longer path the beginning is told. Arbitrary. */
const shownSteps = 50;

const valueInBox = {
  Number: Number.prototype.valueOf as () => unknown,
  Boolean: Boolean.prototype.valueOf as () => unknown,
  BigInt: BigInt.prototype.valueOf as () => unknown,
};

/** The first element of a sparse list from an index on. */
function nextPresent(frame: Frame, from: number): number {
  const { list, length } = frame.members;
  frame.present ??= presentIndices(list);
  const { present } = frame;
  while (frame.passed < present.length && (present[frame.passed] as number) < from) frame.passed++;
  return Math.min(present[frame.passed] ?? length, length);
}

function checkStandIn(given: unknown): DigestStandIn {
  const { kind, parts } = (given ?? {}) as Partial<DigestStandIn>;
  if (typeof kind === 'string' && kind !== '' && 'parts' in (given as object)) return { kind, parts };
  throw new Refusal(
    `its method [Symbol.for('heddle.digest')]() must give { kind, parts }: received ${inspectShort(given)}`,
    "kind names the class, as 'package/Class'; parts hold all that tells its instances apart",
  );
}
