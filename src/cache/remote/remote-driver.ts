/**
 * What a server must do to keep a cache: the part that differs from one kind of server to another.
 *
 * Everything here may take long, hang, or fail; `RemoteLine` sees to that. What is read may be anything: who asks checks it.
 */

import type { Digest } from '../../codec/canonical/digester.ts';
import type { StoreDescriptor, StoreEntry } from '../../store/store.ts';
import type { CallRecord } from '../record.ts';
import type { Claim, RecordFilter } from '../records.ts';

/** What is written at once: the last that is to be under each key. */
export interface RemoteBatch {
  /** `undefined` to forget what is there. */
  readonly values: ReadonlyMap<Digest, RemoteValue | undefined>;
  readonly calls: ReadonlyMap<Digest, RemoteCall | undefined>;
  readonly runs: ReadonlyMap<string, RemoteRun>;
  /** In their order. */
  readonly entries: readonly RemoteEntries[];
}

export interface RemoteValue {
  readonly bytes: Uint8Array;
  readonly usedMs: number;
}

export interface RemoteCall {
  readonly record: CallRecord;
  /** All that is known of it; what else the driver keeps is to find it by. */
  readonly text: string;
}

export interface RemoteRun {
  readonly startedMs: number;
  readonly text: string;
}

export interface RemoteEntries {
  readonly run: string;
  readonly text: string;
}

/** A connection to a server, or several. Rejects what it cannot do. */
export interface RemoteDriver {
  /** What kind it is, and where: for messages, so without secrets. */
  readonly name: string;
  readonly descriptor: StoreDescriptor;
  /** Writes all or nothing. Values are there before the records that refer to them, and go after them. */
  write(batch: RemoteBatch): Promise<void>;
  value(digest: Digest): Promise<RemoteValue | undefined>;
  hasValue(digest: Digest): Promise<boolean>;
  /** Notes that a value was used. */
  noteUse(digest: Digest, usedMs: number): Promise<void>;
  /** Forgets a value that is damaged, unless it has been put anew. */
  dropDamaged(digest: Digest, bytes: Uint8Array): Promise<void>;
  /** All values, each once. */
  values(): AsyncIterable<StoreEntry>;
  call(key: Digest): Promise<string | undefined>;
  /** Texts of the calls that fit, and perhaps of others, the newest first. */
  calls(filter: RecordFilter): AsyncIterable<string>;
  /** As `Records.claim`. */
  claim(key: Digest, claim: Claim, nowMs: number): Promise<Claim | undefined>;
  /** Makes claims last longer that the owner has still. */
  renew(owner: string, keys: readonly Digest[], untilMs: number): Promise<void>;
  /** Gives up claims that the owner has still. */
  release(owner: string, keys: readonly Digest[]): Promise<void>;
  runs(): AsyncIterable<string>;
  entriesOf(run: string): AsyncIterable<string>;
  deleteRun(run: string): Promise<boolean>;
  close(): Promise<void>;
}
