/**
 * Lineage: where values come from and what came of them, as plain data.
 */

import type { Digest } from '../../codec/canonical/digester.ts';
import type { Json } from '../../codec/json-writer.ts';
import type { RecordState } from '../record.ts';

/** A value that calls gave, or were given. */
export interface LineageValue {
  readonly digest: Digest;
  /** Where it is stored; `undefined` if it is not, as a part of another value. */
  readonly address: Digest | undefined;
  /** Length of what is stored. */
  readonly bytes: number;
}

/** A call that gave or used values. */
export interface LineageCall {
  readonly digest: Digest;
  readonly task: string;
  readonly identity: string;
  readonly version: string;
  readonly state: RecordState;
  /** Why it failed, in a line. */
  readonly failure: string | undefined;
  readonly run: string | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly startedMs: number;
  readonly settledMs: number | undefined;
  readonly metadata: Readonly<Record<string, Json>>;
}

/**
 * What a call has to do with a value: it `gave` it; it `used` it, as the argument, or the member of one, that is named; or
 * the value is a `part` of another one that a call used.
 */
export type LineageEdge =
  | { readonly kind: 'gave'; readonly call: Digest; readonly value: Digest }
  | { readonly kind: 'used'; readonly call: Digest; readonly value: Digest; readonly name: string }
  | { readonly kind: 'part'; readonly value: Digest; readonly whole: Digest; readonly name: string };

/** Values and calls, and what they have to do with each other. Each is there once. */
export interface Lineage {
  /** The value, or the call, that was asked for; `undefined` if it was a run. */
  readonly start: Digest | undefined;
  readonly values: readonly LineageValue[];
  readonly calls: readonly LineageCall[];
  readonly edges: readonly LineageEdge[];
}
