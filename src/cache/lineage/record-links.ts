/**
 * Finds the records that gave a value, and those that used it.
 *
 * Asks for each value while that goes fast. If it does not, since what keeps the records has to read all of them each time, it
 * reads all once and looks in memory.
 */

import type { Clock } from '../../base/clock.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import type { CallRecord } from '../record.ts';
import type { Records } from '../records.ts';

/** How long to ask for values one by one, in milliseconds. Arbitrary: as long as nobody minds. */
const patienceMs = 250;
/** With an index it takes less than that to find one value, in milliseconds. Measured: 0.3 with SQLite and 100,000 records. */
const indexedMs = 1;
/** With an index, too, it is not worth while to ask for more values. Arbitrary. */
const mostAsked = 5000;

type Links = Map<Digest, CallRecord[]>;

/** All records, by the values they gave, were given, and were given within an argument. */
interface AllLinks {
  readonly gave: Links;
  readonly used: Links;
  readonly members: Links;
}

export class RecordLinks {
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #run: string | undefined;
  #asked = 0;
  #tookMs = 0;
  #all: AllLinks | undefined;

  /** @param run - of which alone the calls count */
  constructor(records: Records, clock: Clock, run: string | undefined) {
    this.#records = records;
    this.#clock = clock;
    this.#run = run;
  }

  /** The calls that gave a value. */
  gave(value: Digest): Promise<readonly CallRecord[]> {
    return this.#find(value, 'gave');
  }

  /** The calls that were given a value as an argument. */
  used(value: Digest): Promise<readonly CallRecord[]> {
    return this.#find(value, 'used');
  }

  /** The calls that were given a value as a member of an argument. Reads all records the first time. */
  async usedWithin(value: Digest): Promise<readonly CallRecord[]> {
    this.#all ??= await this.#readAll();
    return this.#all.members.get(value) ?? [];
  }

  async #find(value: Digest, how: 'gave' | 'used'): Promise<readonly CallRecord[]> {
    const isSlow = this.#tookMs > Math.max(patienceMs, this.#asked * indexedMs) || this.#asked > mostAsked;
    if (this.#all === undefined && isSlow) this.#all = await this.#readAll();
    if (this.#all !== undefined) return this.#all[how].get(value) ?? [];
    const sinceMs = this.#clock.nowMs();
    const filter = how === 'gave' ? { result: value } : { argument: value };
    const found: CallRecord[] = [];
    for await (const record of this.#records.select({ kind: 'call', ...filter, ...this.#ofRun() }))
      found.push(record);
    this.#asked++;
    this.#tookMs += this.#clock.nowMs() - sinceMs;
    return found;
  }

  #ofRun(): { readonly run?: string } {
    return this.#run === undefined ? {} : { run: this.#run };
  }

  async #readAll(): Promise<AllLinks> {
    const all: AllLinks = { gave: new Map(), used: new Map(), members: new Map() };
    for await (const record of this.#records.select({ kind: 'call', ...this.#ofRun() })) {
      if (record.result !== undefined) link(all.gave, record.result.digest, record);
      for (const { digest, members = {} } of record.args) {
        link(all.used, digest, record);
        for (const member of Object.values(members)) link(all.members, member, record);
      }
    }
    return all;
  }
}

function link(links: Links, value: Digest, record: CallRecord): void {
  const known = links.get(value);
  if (known === undefined) links.set(value, [record]);
  else if (known[known.length - 1] !== record) known.push(record);
}
