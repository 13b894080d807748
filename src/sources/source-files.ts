/**
 * Files of source code, each read once: its digest, and what it asks for.
 */

import { once } from '../base/once.ts';
import { digestOfBytes, digestOfText } from '../codec/canonical/byte-digest.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import { type ImportRequest, readImports } from './read-imports.ts';
import type { Resolver, Target } from './resolver.ts';

/** A file as it was when it was read. */
interface ReadFile {
  readonly mtimeMs: number;
  readonly size: number;
  readonly ino: number;
  readonly digest: Digest;
  /** None of what is not code. */
  readonly requests: readonly ImportRequest[];
  readonly unknown: readonly string[];
}

/** A file, and what it asks for. */
export interface KnownFile {
  readonly digest: Digest;
  /** None of what is not code. */
  readonly targets: readonly Target[];
  /** What cannot be told from its text, in words. */
  readonly unknown: readonly string[];
}

const fs = once(() => process.getBuiltinModule('node:fs'));

/** What is read for imports: also programs without an extension. */
const code = /(?:\.[cm]?[jt]sx?|[\\/][^.\\/]+)$/;

/** Reads files, and remembers them. */
export class SourceFiles {
  readonly #resolver: Resolver;
  /** Since `forget`. */
  readonly #known = new Map<string, KnownFile | undefined>();
  /** Of all times: a file that is still the same is not read again. */
  readonly #read = new Map<string, ReadFile>();

  constructor(resolver: Resolver) {
    this.#resolver = resolver;
  }

  /** What a file is, since it was first asked for. @param path - a real path @returns `undefined` if it cannot be read */
  at(path: string): KnownFile | undefined {
    if (this.#known.has(path)) return this.#known.get(path);
    const file = this.#readFile(path);
    const known = file && {
      digest: file.digest,
      targets: this.#resolver.resolve(file.requests, path),
      unknown: file.unknown,
    };
    this.#known.set(path, known);
    return known;
  }

  /** Looks at each file again when it is asked for next, and reads it if it changed. */
  forget(): void {
    this.#known.clear();
  }

  #readFile(path: string): ReadFile | undefined {
    try {
      const { mtimeMs, size, ino } = fs().statSync(path);
      const before = this.#read.get(path);
      if (before?.mtimeMs === mtimeMs && before.size === size && before.ino === ino) return before;
      const file = { mtimeMs, size, ino, ...readContent(path) };
      this.#read.set(path, file);
      return file;
    } catch {
      return undefined;
    }
  }
}

function readContent(path: string): Pick<ReadFile, 'digest' | 'requests' | 'unknown'> {
  const bytes = fs().readFileSync(path);
  if (!code.test(path)) return { digest: digestOfBytes(bytes), requests: [], unknown: [] };
  const text = bytes.toString('utf8');
  // In JavaScript both ends of lines mean the same, even inside of template literals.
  const digest = bytes.includes(13) ? digestOfText(text.replaceAll('\r\n', '\n')) : digestOfBytes(bytes);
  return { digest, ...readImports(text) };
}
