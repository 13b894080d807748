/**
 * Large values of calls, apart from the messages they belong to: by digest, in a folder that all machines share, or in Redis.
 *
 * Promises that one side sends the same bytes once and fetches them once for as long as it remembers them, that what is read
 * is what was written, and that nothing of it is left when the client is gone: what is in Redis expires, and the folder of a
 * client goes with it. Where a folder cannot be written to, as the disk is full, data stays in its message.
 */

import { randomSerial } from '../../../base/random.ts';
import type { Digest } from '../../../codec/canonical/digester.ts';
import { sha256HexOfLong } from '../../../codec/canonical/sha256.ts';
import { DecodeError } from '../../../codec/decode-error.ts';
import type { Packer } from '../../../codec/pack.ts';
import type { Referenced, ReferenceReader, ReferenceWriter } from '../../../codec/references.ts';
import type { SealedHome } from '../../../codec/sealed.ts';
import { FolderReferences } from '../../../worker/folder-references.ts';
import { decodeRecord, encodeRecord } from '../../../worker/reference-files.ts';
import type { SharedValuesPlace } from './queue-wire.ts';
import type { RedisLink } from './redis-link.ts';

/** How much of what was fetched is kept, in bytes. Arbitrary: some large arrays, not all. */
const mostKeptBytes = 256 * 2 ** 20;
/** Of how many values it is remembered that they are there. */
const mostKnown = 100_000;

/** Where values are put, and found. */
interface Store {
  /** @returns whether it is there now; `false` if there is no room for it */
  putNow(digest: Digest, bytes: Uint8Array): boolean;
  /** Resolves when all that was put is there. @throws what the server says; to be called again then */
  whenPut(): Promise<void>;
  get(digests: readonly Digest[]): Promise<(Uint8Array | undefined)[]>;
  /** Reads without waiting, where that is possible. */
  readonly reader: ReferenceReader | undefined;
}

/** The values of one client, as one side sees them. */
export class SharedValues {
  readonly leastBytes: number;
  /**
   * Reads values that were not read when they came, if that takes no waiting: then a client only passes them on. `undefined` for
   * those in Redis.
   */
  readonly home: SealedHome | undefined;
  readonly #store: Store;
  /** What is there for sure. */
  readonly #known = new Set<Digest>();
  /** What was fetched last, least recently used first. */
  readonly #fetched = new Map<Digest, Uint8Array>();
  #fetchedBytes = 0;

  constructor(place: SharedValuesPlace, packer: Packer, link: RedisLink, key: string, keepMs: number) {
    this.leastBytes = place.leastBytes;
    this.#store =
      place.folder === undefined ? new RedisStore(link, key, keepMs) : new FolderStore(place.folder);
    const { reader } = this.#store;
    if (reader !== undefined) {
      this.home = {
        open: (data) => packer.unpack({ data, isPacked: true }, reader),
        // The folder is there for as long as the client.
        hold: () => undefined,
        release: () => undefined,
      };
    }
  }

  /** For what is in one message. */
  forMessage(): MessageValues {
    return new MessageValues(this.leastBytes, this.home, (digest, bytes) => this.#put(digest, bytes));
  }

  /** Resolves when all that messages refer to is there. @throws what the server says; to be called again then */
  whenPut(): Promise<void> {
    return this.#store.whenPut();
  }

  /**
   * Fetches what messages refer to.
   *
   * @returns how it is read. What is not there is told of when it is read.
   * @throws what the server says
   */
  async fetch(digests: Iterable<Digest>): Promise<ReferenceReader> {
    if (this.#store.reader !== undefined) return this.#store.reader;
    const bytes = new Map<Digest, Uint8Array>();
    const missing: Digest[] = [];
    for (const digest of new Set(digests)) {
      const kept = this.#fetched.get(digest);
      if (kept === undefined) missing.push(digest);
      else bytes.set(digest, kept);
    }
    const found = missing.length === 0 ? [] : await this.#store.get(missing);
    for (const [at, digest] of missing.entries()) {
      const read = found[at];
      if (read === undefined || sha256HexOfLong(read) !== digest) continue;
      bytes.set(digest, read);
      this.#keep(digest, read);
      this.#know(digest);
    }
    return new FetchedValues(bytes);
  }

  /** Forgets what is there: it may be gone. */
  forget(): void {
    this.#known.clear();
  }

  #put(digest: Digest, bytes: Uint8Array): boolean {
    if (this.#known.has(digest)) return true;
    if (!this.#store.putNow(digest, bytes)) return false;
    this.#know(digest);
    return true;
  }

  #know(digest: Digest): void {
    this.#known.add(digest);
    if (this.#known.size <= mostKnown) return;
    const [first] = this.#known;
    if (first !== undefined) this.#known.delete(first);
  }

  #keep(digest: Digest, bytes: Uint8Array): void {
    if (bytes.length > mostKeptBytes / 4) return;
    this.#fetched.set(digest, bytes);
    this.#fetchedBytes += bytes.length;
    for (const [other, { length }] of this.#fetched) {
      if (this.#fetchedBytes <= mostKeptBytes) return;
      this.#fetched.delete(other);
      this.#fetchedBytes -= length;
    }
  }
}

/** Writes the large values of one message. */
export class MessageValues implements ReferenceWriter {
  readonly leastBytes: number;
  readonly #put: (digest: Digest, bytes: Uint8Array) => boolean;
  readonly #home: SealedHome | undefined;
  readonly #used = new Set<Digest>();

  constructor(
    leastBytes: number,
    home: SealedHome | undefined,
    put: (digest: Digest, bytes: Uint8Array) => boolean,
  ) {
    this.leastBytes = leastBytes;
    this.#home = home;
    this.#put = put;
  }

  readsWhatIsOf(home: object): boolean {
    return home === this.#home;
  }

  /** What the message refers to; `undefined` if it stands all in it. */
  get refs(): readonly Digest[] | undefined {
    return this.#used.size === 0 ? undefined : [...this.#used];
  }

  write(bytes: Uint8Array): Referenced | undefined {
    const digest = sha256HexOfLong(bytes) as Digest;
    if (!this.#put(digest, bytes)) return undefined;
    this.#used.add(digest);
    return { digest, bytes: bytes.length };
  }

  encode(record: unknown): Uint8Array {
    return encodeRecord(record);
  }
}

class FetchedValues implements ReferenceReader {
  readonly #bytes: ReadonlyMap<Digest, Uint8Array>;

  constructor(bytes: ReadonlyMap<Digest, Uint8Array>) {
    this.#bytes = bytes;
  }

  read({ digest, bytes }: Referenced): Uint8Array<ArrayBuffer> {
    const read = this.#bytes.get(digest);
    if (read?.length !== bytes) {
      throw new DecodeError(
        'ref',
        `Cannot read the data of ${digest.slice(0, 12)}… as it is not there any more, or damaged: received ${read === undefined ? 'nothing' : `${read.length} bytes`}`,
      );
    }
    // Others may be given the same.
    return Uint8Array.from(read);
  }

  decode(bytes: Uint8Array): unknown {
    return decodeRecord(bytes);
  }
}

/** In a hash of Redis. */
class RedisStore implements Store {
  readonly reader = undefined;
  readonly #link: RedisLink;
  readonly #key: string;
  readonly #keepMs: number;
  /** What was given and may not be there yet. */
  #waiting = new Map<Digest, Uint8Array>();
  #putting: Promise<void> | undefined;

  constructor(link: RedisLink, key: string, keepMs: number) {
    this.#link = link;
    this.#key = key;
    this.#keepMs = keepMs;
  }

  putNow(digest: Digest, bytes: Uint8Array): boolean {
    this.#waiting.set(digest, Uint8Array.from(bytes));
    return true;
  }

  async whenPut(): Promise<void> {
    while (this.#waiting.size > 0 || this.#putting !== undefined) {
      this.#putting ??= this.#putAll().finally(() => {
        this.#putting = undefined;
      });
      await this.#putting;
    }
  }

  async #putAll(): Promise<void> {
    const some = this.#waiting;
    this.#waiting = new Map();
    try {
      for (const [digest, bytes] of some) {
        const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        await this.#link.ask('HSETNX', this.#key, digest, data);
        some.delete(digest);
      }
      await this.#link.ask('PEXPIRE', this.#key, String(this.#keepMs));
    } catch (error) {
      for (const [digest, bytes] of some) this.#waiting.set(digest, bytes);
      throw error;
    }
  }

  async get(digests: readonly Digest[]): Promise<(Uint8Array | undefined)[]> {
    const found = (await this.#link.askBytes(['HMGET', this.#key, ...digests])) as (Buffer | null)[];
    return found.map((bytes) => bytes ?? undefined);
  }
}

/** In a folder. */
class FolderStore implements Store {
  readonly reader: FolderReferences;

  constructor(folder: string) {
    this.reader = new FolderReferences(folder, 0);
  }

  putNow(_: Digest, bytes: Uint8Array): boolean {
    try {
      this.reader.write(bytes);
      return true;
    } catch {
      return false;
    }
  }

  whenPut(): Promise<void> {
    return Promise.resolve();
  }

  get(digests: readonly Digest[]): Promise<(Uint8Array | undefined)[]> {
    return Promise.resolve(digests.map((digest) => this.reader.find(digest)));
  }
}

/** A name that nobody else has. */
export function newSerial(): string {
  return `${randomSerial().toString(36)}${randomSerial().toString(36)}`;
}
