/**
 * Records kept by a server.
 *
 * - **Never wrong:** each text has a check; a damaged one is not there.
 * - **Cost:** `get` and `claim` take one way to the server and back; `put` none, as it is written later, with others. A claim
 *   is given up after what was put before is written.
 */

import type { MaybePromise } from '../../base/maybe-promise.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import { fits } from '../fits.ts';
import type { CallRecord, RunEntry, RunRecord } from '../record.ts';
import { toEntry, toRun } from '../record-json.ts';
import type { Claim, RecordFilter, Records, RecordsDescriptor } from '../records.ts';
import { recordOfText, sealed, textOfRecord, unsealed } from '../sqlite/record-row.ts';
import type { RemoteLine } from './remote-line.ts';

/** How many entries of a run are one text. */
const partEntries = 1000;

export class RemoteRecords implements Records {
  readonly name: string;
  readonly descriptor: RecordsDescriptor;
  readonly #line: RemoteLine;
  readonly #onClose: () => Promise<void>;
  /** Claims made here, by owner. */
  readonly #claims = new Map<string, Set<Digest>>();

  constructor(line: RemoteLine, onClose: () => Promise<void>) {
    this.name = line.driver.name;
    this.descriptor = line.driver.descriptor;
    this.#line = line;
    this.#onClose = onClose;
  }

  get(key: Digest): MaybePromise<CallRecord | undefined> {
    this.#line.refuseIfClosed();
    const waiting = this.#line.waitingCall(key);
    return waiting === undefined ? this.#read(key) : waiting.call?.record;
  }

  async #read(key: Digest): Promise<CallRecord | undefined> {
    const record = recordOfText(await this.#line.ask(() => this.#line.driver.call(key)));
    return record?.key === key ? record : undefined;
  }

  put(record: CallRecord): void {
    this.#line.putCall(record.key, { record, text: textOfRecord(record) });
  }

  async delete(key: Digest): Promise<boolean> {
    const wasThere = (await this.get(key)) !== undefined;
    // A damaged one, too, is deleted; but it was not there.
    this.#line.putCall(key, undefined);
    return wasThere;
  }

  async *select(filter: RecordFilter): AsyncGenerator<CallRecord, void, undefined> {
    await this.#line.settled();
    let left = filter.limit ?? Number.POSITIVE_INFINITY;
    if (left <= 0) return;
    for await (const text of this.#line.askEach(this.#line.driver.calls(filter))) {
      const record = recordOfText(text);
      if (record === undefined || !fits(record, filter)) continue;
      yield record;
      if (--left <= 0) return;
    }
  }

  async claim(key: Digest, claim: Claim, nowMs: number): Promise<Claim | undefined> {
    this.#line.refuseIfClosed();
    const { owner } = claim;
    const held = this.#claims.get(owner) ?? new Set();
    this.#claims.set(owner, held);
    // Before it is asked for: if the answer is lost, the claim is given up all the same at the end.
    held.add(key);
    try {
      const other = await this.#line.ask(() => this.#line.driver.claim(key, claim, nowMs));
      if (other !== undefined) held.delete(key);
      return other;
    } catch (error) {
      throw this.#line.errorOf('claim a call in', error);
    }
  }

  async renew(owner: string, untilMs: number): Promise<void> {
    const keys = [...(this.#claims.get(owner) ?? [])];
    if (keys.length > 0) await this.#line.ask(() => this.#line.driver.renew(owner, keys, untilMs));
  }

  /** Fulfilled when all processes see it; never rejects, as a claim is over by itself in the end. */
  async release(key: Digest, owner: string): Promise<void> {
    const held = this.#claims.get(owner);
    held?.delete(key);
    if (held?.size === 0) this.#claims.delete(owner);
    await this.#line.settled();
    await this.#line.ask(() => this.#line.driver.release(owner, [key])).catch(() => undefined);
  }

  putRun(run: RunRecord): void {
    this.#line.putRun(run.id, { startedMs: run.startedMs, text: sealed(run) });
  }

  addEntries(run: string, entries: readonly RunEntry[]): void {
    for (let from = 0; from < entries.length; from += partEntries) {
      this.#line.addEntries({ run, text: sealed([run, entries.slice(from, from + partEntries)]) });
    }
  }

  async *runs(): AsyncGenerator<RunRecord, void, undefined> {
    await this.#line.settled();
    for await (const text of this.#line.askEach(this.#line.driver.runs())) {
      const run = readOr(() => toRun(unsealed(text)));
      if (run !== undefined) yield run;
    }
  }

  async *entriesOf(run: string): AsyncGenerator<RunEntry, void, undefined> {
    await this.#line.settled();
    for await (const text of this.#line.askEach(this.#line.driver.entriesOf(run))) {
      const part = unsealed(text) as readonly [run: string, entries: readonly unknown[]] | undefined;
      if (part?.[0] !== run) continue;
      for (const data of part[1]) {
        const entry = readOr(() => toEntry(data));
        if (entry !== undefined) yield entry;
      }
    }
  }

  async deleteRun(run: string): Promise<boolean> {
    await this.#line.settled();
    return this.#line.ask(() => this.#line.driver.deleteRun(run));
  }

  flush(): Promise<void> {
    return this.#line.flush();
  }

  close(): Promise<void> {
    return this.#onClose();
  }

  /** Gives up all claims made here. Never rejects. */
  async giveUpClaims(): Promise<void> {
    const all = [...this.#claims];
    this.#claims.clear();
    for (const [owner, keys] of all) {
      if (keys.size === 0) continue;
      await this.#line.ask(() => this.#line.driver.release(owner, [...keys])).catch(() => undefined);
    }
  }
}

/** What is whole, but not of the form that this version has, is not there. */
function readOr<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
