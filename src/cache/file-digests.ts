/**
 * Digests of files and folders by their content, for arguments that are paths.
 *
 * A file that has not changed since, by its size, times and number, is not read again. Reads at once, as digesting other
 * arguments does; a gigabyte takes half a second.
 */

import type { Clock } from '../base/clock.ts';
import { once } from '../base/once.ts';
import { digestOfText } from '../codec/canonical/byte-digest.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import { startSha256 } from '../codec/canonical/sha256.ts';

const fs = once(() => process.getBuiltinModule('node:fs'));

/** How much of a file is read at a time, in bytes. Arbitrary: more is not faster. */
const chunkBytes = 2 ** 20;
/** A file that was changed this shortly ago may change again without its times telling. Twice the coarsest clock of a file system. */
const settleMs = 4_000;

export class FileDigests {
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly stamp: string; readonly digest: Digest }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The digest of what is at a path: a file, a folder with all that is in it, or nothing. */
  of(path: string): Digest {
    const lines: string[] = [];
    this.#add(path, '.', lines);
    return digestOfText(['heddle files 1', ...lines].join('\n'));
  }

  #add(path: string, name: string, lines: string[]): void {
    const stat = fs().statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) lines.push(`none ${JSON.stringify(name)}`);
    else if (stat.isDirectory()) {
      lines.push(`folder ${JSON.stringify(name)}`);
      for (const entry of fs().readdirSync(path).sort())
        this.#add(`${path}/${entry}`, `${name}/${entry}`, lines);
    } else {
      const stamp = `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
      const known = this.#known.get(path);
      let digest = known?.stamp === stamp ? known.digest : undefined;
      if (digest === undefined) {
        digest = contentDigest(path);
        // Whoever writes it just now may do so again within the same tick of its clock.
        const ageMs = this.#clock.epochMs() - Number(stat.mtimeNs / 1_000_000n);
        if (ageMs > settleMs) this.#known.set(path, { stamp, digest });
      }
      lines.push(`file ${JSON.stringify(name)} ${digest}`);
    }
  }
}

function contentDigest(path: string): Digest {
  const hash = startSha256();
  const file = fs().openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    for (let read = fs().readSync(file, chunk); read > 0; read = fs().readSync(file, chunk))
      hash.update(chunk.subarray(0, read));
  } finally {
    fs().closeSync(file);
  }
  return hash.digest('hex') as Digest;
}
