/**
 * What is noted of calls besides their values: by hooks, asked before and after each call that is computed.
 */

import type { Json } from '../codec/json-writer.ts';
import type { HookDescriptor } from './carried-hook.ts';

/** Notes something of each call that is computed. What it notes is kept with the record, under its name. */
export interface MetadataHook {
  readonly name: string;
  /** How workers note the same; absent if they cannot, as it is a function of this process. @internal */
  readonly descriptor?: HookDescriptor;
  /** Asked before the call. What it gives is noted, if there is no `after`. */
  before?(): unknown;
  /** Asked when the call has succeeded or failed. What it gives is noted. */
  after?(before: unknown): Json | undefined;
}
