/**
 * The large data of a program and its worker processes, by reference: in files of a folder of their own.
 *
 * A file is there for as long as somebody here holds it: a message that is under way, or a value that was not opened yet.
 * Only this process removes files, and each of them has one writer, so nobody finds a file gone that he was told of. What is
 * left when the executor is disposed of goes with the folder; the folder of a program that was killed is removed by the next
 * one. Promises that nothing of the data stays in memory here.
 */

import { atExit } from '../base/at-exit.ts';
import { makeFolders } from '../base/make-folders.ts';
import { randomSerial } from '../base/random.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import { sha256HexOfLong } from '../codec/canonical/sha256.ts';
import type { Packer } from '../codec/pack.ts';
import type { Referenced, ReferenceReader, ReferenceWriter } from '../codec/references.ts';
import { referencesIn } from '../codec/references.ts';
import { Sealed, type SealedHome } from '../codec/sealed.ts';
import type { WorkerReferenceOptions } from './protocol.ts';
import { decodeRecord, encodeRecord, ReferenceFiles } from './reference-files.ts';

/** What the names of folders begin with. */
const folderPrefix = 'heddle-data-';

/** Writes what is in one message, and holds it until the message is answered. */
export class HeldMessage implements ReferenceWriter {
  readonly leastBytes: number;
  readonly #references: HostReferences;
  readonly #write: (bytes: Uint8Array) => Referenced | undefined;
  #places: Set<string> | undefined;

  /** @param write - writes the bytes, or finds them written */
  constructor(references: HostReferences, write: (bytes: Uint8Array) => Referenced | undefined) {
    this.leastBytes = references.options.leastBytes;
    this.#references = references;
    this.#write = write;
  }

  readsWhatIsOf(home: object): boolean {
    return home === this.#references;
  }

  write(bytes: Uint8Array): Referenced | undefined {
    const referenced = this.#write(bytes);
    const { place } = referenced ?? {};
    if (place !== undefined && this.#places?.has(place) !== true) {
      (this.#places ??= new Set()).add(place);
      this.#references.hold(new Set([place]));
    }
    return referenced;
  }

  encode(record: unknown): Uint8Array {
    return encodeRecord(record);
  }

  /** Lets go of what was written for it. */
  release(): void {
    if (this.#places !== undefined) this.#references.release(this.#places);
    this.#places = undefined;
  }
}

export class HostReferences implements ReferenceReader, SealedHome {
  /** What workers are told. */
  readonly options: WorkerReferenceOptions;
  readonly #packer: Packer;
  readonly #files: ReferenceFiles;
  readonly #parent: string;
  /** How many hold each file. */
  readonly #holders = new Map<string, number>();
  /** What this process has written and still holds: the same bytes are written once. */
  readonly #written = new Map<Digest, Referenced>();
  /** Removes the folder at the exit of the program; from the first worker on. */
  #atExit: Disposable | undefined;

  readonly #write = (bytes: Uint8Array): Referenced | undefined => {
    const digest = sha256HexOfLong(bytes) as Digest;
    const known = this.#written.get(digest);
    if (known !== undefined) return known;
    const written = this.#files.write(digest, bytes);
    if (written !== undefined) this.#written.set(digest, written);
    return written;
  };

  /** @param parent - the folder in which that of this program is made, when it is needed */
  constructor(packer: Packer, parent: string, leastBytes: number) {
    const { join } = process.getBuiltinModule('node:path');
    const serial = randomSerial().toString(36);
    const host = encodeURIComponent(process.getBuiltinModule('node:os').hostname());
    const folder = join(parent, `${folderPrefix}${process.pid}-${serial}-${host}`);
    this.options = { folder, leastBytes };
    this.#packer = packer;
    this.#parent = parent;
    this.#files = new ReferenceFiles(folder, 'h');
  }

  /**
   * Makes the folder, as a worker is started. The workers themselves do not: one that outlives the folder by a moment must not
   * make it again. Where it cannot be made, all data stays in messages.
   */
  begin(): void {
    if (this.#atExit !== undefined) return;
    removeFoldersOfTheDead(this.#parent);
    this.#atExit = atExit(() => this.#removeFolder());
    try {
      const { folder } = this.options;
      makeFolders(process.getBuiltinModule('node:path').dirname(folder));
      process.getBuiltinModule('node:fs').mkdirSync(folder, { mode: 0o700 });
    } catch {
      // Then it cannot be written to either.
    }
  }

  /** For what is in one message. Whoever sends it releases it when it is answered. */
  forMessage(): HeldMessage {
    return new HeldMessage(this, this.#write);
  }

  read(referenced: Referenced): Uint8Array<ArrayBuffer> {
    return this.#files.read(referenced);
  }

  decode(bytes: Uint8Array): unknown {
    return decodeRecord(bytes);
  }

  open(data: unknown): unknown {
    return this.#packer.unpack({ data, isPacked: true }, this);
  }

  /**
   * Reads a value that a worker has sent: sealed, if it has large data and nothing in it concerns a run. What it refers to is
   * held from now on.
   *
   * @throws {DecodeError} If it cannot be read.
   */
  receive(data: unknown): unknown {
    const { places, holdsOthers } = referencesIn(data);
    if (places.size === 0) return this.#packer.unpack({ data, isPacked: true });
    const sealed = new Sealed(this, data, places);
    return holdsOthers ? sealed.take() : sealed;
  }

  hold(places: ReadonlySet<string>): void {
    for (const place of places) this.#holders.set(place, (this.#holders.get(place) ?? 0) + 1);
  }

  release(places: ReadonlySet<string>): void {
    for (const place of places) {
      const holders = (this.#holders.get(place) ?? 1) - 1;
      if (holders > 0) {
        this.#holders.set(place, holders);
        continue;
      }
      this.#holders.delete(place);
      // Few are held at once: those of the messages under way.
      for (const [digest, written] of this.#written)
        if (written.place === place) this.#written.delete(digest);
      this.#files.remove(place);
    }
  }

  /** Removes all files. To be called when the workers are gone. */
  dispose(): void {
    if (this.#atExit === undefined) return;
    this.#atExit[Symbol.dispose]();
    this.#removeFolder();
  }

  #removeFolder(): void {
    process.getBuiltinModule('node:fs').rmSync(this.options.folder, { recursive: true, force: true });
  }
}

/** Removes the folders of programs of this machine that were killed. */
function removeFoldersOfTheDead(parent: string): void {
  const { readdirSync, rmSync } = process.getBuiltinModule('node:fs');
  const { join } = process.getBuiltinModule('node:path');
  const own = encodeURIComponent(process.getBuiltinModule('node:os').hostname());
  try {
    for (const name of readdirSync(parent)) {
      if (!name.startsWith(folderPrefix)) continue;
      const [pid = '', , ...host] = name.slice(folderPrefix.length).split('-');
      if (host.join('-') !== own || !/^[1-9]\d*$/.test(pid) || isRunning(Number(pid))) continue;
      rmSync(join(parent, name), { recursive: true, force: true });
    }
  } catch {
    // It is somebody else's, or goes just now. The next one tries again.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
