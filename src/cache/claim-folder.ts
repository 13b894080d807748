/**
 * Claims as folders that processes share, on any file system where renaming is atomic, also over a network.
 *
 * A claim is a folder named by the key, with one empty file in it, whose name says all: owner, machine, process, and until
 * when. No folder, or an empty one, is no claim. So each change is one step that either one process or another takes:
 *
 * - **Claimed anew:** a folder made elsewhere, with the file in it, is renamed to the key. That fails while there is a
 *   folder that is not empty.
 * - **Taken over, or renewed:** the file is renamed from exactly the name that was seen to the new one. That fails for all
 *   but the first, as the old name is gone then.
 * - **Given up:** the file is removed, then the folder, which fails if it is not empty as somebody was quicker.
 *
 * Whoever fails looks again. A process that is killed between two steps leaves what others can go on from. Rejected: a file
 * made exclusively, and renamed away when it is over. Between seeing that it is over and renaming it, another may have taken
 * it over, and its fresh claim would be renamed away.
 *
 * As with all claims that end by time, an owner that stood still past its time may go on as if it had it.
 */

import { once } from '../base/once.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import { codeOf, isMissing, newName, withFolder } from '../store/whole-file.ts';
import type { Claim } from './records.ts';

const fs = once(() => process.getBuiltinModule('node:fs').promises);

/** How often a claim is tried that others change at the same moment. Arbitrary: each time, some other got further. */
const mostTries = 100;
/** The longest name of a file, in bytes, on file systems in use. */
const longestName = 255;

/** A claim that this process made. */
interface Held {
  readonly owner: string;
  /** The name of the file in its folder. */
  name: string;
}

/** The claims in a folder. */
export class ClaimFolder {
  readonly #folder: string;
  readonly #temporary: string;
  readonly #held = new Map<Digest, Held>();

  /** @param temporary - a folder on the same file system */
  constructor(folder: string, temporary: string) {
    this.#folder = folder;
    this.#temporary = temporary;
  }

  /** See `Records.claim`. */
  async claim(key: Digest, claim: Claim, nowMs: number): Promise<Claim | undefined> {
    const name = nameOf(claim);
    let seen: Claim | undefined;
    for (let tries = 0; tries < mostTries; tries++) {
      const current = await this.#look(key);
      if (current === undefined) {
        if (await this.#claimAnew(key, name)) return this.#note(key, claim.owner, name);
        continue;
      }
      seen = current.claim;
      if (seen.owner !== claim.owner && seen.untilMs > nowMs) return seen;
      if (await this.#rename(key, current.name, name)) return this.#note(key, claim.owner, name);
    }
    // Others claim it again and again: one of them has it.
    return seen ?? claim;
  }

  /** See `Records.renew`. */
  async renew(owner: string, untilMs: number): Promise<void> {
    for (const [key, held] of this.#held) {
      if (held.owner !== owner) continue;
      const claim = claimOf(held.name);
      if (claim === undefined || claim.untilMs >= untilMs) continue;
      const name = nameOf({ ...claim, untilMs });
      if (await this.#rename(key, held.name, name)) held.name = name;
      else if (this.#held.get(key) === held) this.#held.delete(key);
    }
  }

  /** See `Records.release`. */
  async release(key: Digest, owner: string): Promise<void> {
    if (this.#held.get(key)?.owner === owner) this.#held.delete(key);
    for (let tries = 0; tries < mostTries; tries++) {
      const current = await this.#look(key);
      if (current?.claim.owner !== owner) return;
      try {
        await fs().rm(`${this.#folder}/${key}/${current.name}`);
      } catch (error) {
        // It was renewed or taken over at this moment.
        if (isMissing(error)) continue;
        throw error;
      }
      await this.#removeEmpty(key);
      return;
    }
  }

  /** Gives up all claims that this process made here. */
  async releaseAll(): Promise<void> {
    for (const [key, { owner }] of this.#held) await this.release(key, owner);
  }

  #note(key: Digest, owner: string, name: string): undefined {
    this.#held.set(key, { owner, name });
  }

  async #look(key: Digest): Promise<{ readonly name: string; readonly claim: Claim } | undefined> {
    let names: readonly string[];
    try {
      names = await fs().readdir(`${this.#folder}/${key}`);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    for (const name of names) {
      const claim = claimOf(name);
      if (claim !== undefined) return { name, claim };
    }
    return undefined;
  }

  /** @returns whether it was made: otherwise there is one */
  async #claimAnew(key: Digest, name: string): Promise<boolean> {
    const { mkdir, rename, rm, writeFile } = fs();
    const hidden = newName(this.#temporary);
    await withFolder(this.#temporary, () => mkdir(hidden));
    try {
      await writeFile(`${hidden}/${name}`, '', { flag: 'wx' });
      // Windows renames no folder in place of another, not even of an empty one.
      await this.#removeEmpty(key);
      await withFolder(this.#folder, () => rename(hidden, `${this.#folder}/${key}`));
      return true;
    } catch (error) {
      await rm(hidden, { recursive: true, force: true });
      // Over a network, a step whose answer was lost is taken twice, and finds nothing to rename the second time.
      if (isTaken(error) || isMissing(error)) return false;
      throw error;
    }
  }

  /** @returns whether the file was still named so */
  async #rename(key: Digest, from: string, to: string): Promise<boolean> {
    if (from === to) return true;
    try {
      await fs().rename(`${this.#folder}/${key}/${from}`, `${this.#folder}/${key}/${to}`);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  async #removeEmpty(key: Digest): Promise<void> {
    try {
      await fs().rmdir(`${this.#folder}/${key}`);
    } catch (error) {
      if (!isMissing(error) && !isTaken(error)) throw error;
    }
  }
}

/** Whether a folder was there, and not empty. Windows says that it is not permitted. */
function isTaken(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return code === 'ENOTEMPTY' || code === 'EEXIST' || (process.platform === 'win32' && code === 'EPERM');
}

/** @throws {RangeError} If it is longer than file systems take. */
function nameOf({ untilMs, pid, host, owner }: Claim): string {
  // A `*` is not escaped by itself, and Windows has no such names.
  const name = [untilMs, pid, encodeURIComponent(host), encodeURIComponent(owner)]
    .join(',')
    .replaceAll('*', '%2A');
  if (name.length > longestName) {
    throw new RangeError(
      `Cannot claim a call as the names of owner and host are too long for a file: received '${owner}' on '${host}'`,
    );
  }
  return name;
}

function claimOf(name: string): Claim | undefined {
  const [until = '', pid = '', host = '', owner] = name.split(',');
  if (owner === undefined || !Number.isFinite(Number(until)) || !Number.isInteger(Number(pid)))
    return undefined;
  try {
    return {
      owner: decodeURIComponent(owner),
      host: decodeURIComponent(host),
      pid: Number(pid),
      untilMs: Number(until),
    };
  } catch {
    // No name of ours.
    return undefined;
  }
}
