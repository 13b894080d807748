/**
 * What a query asks for, as its user says it, and as records are asked for it.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import type { CallKeys } from '../call-key.ts';
import { rememberedCoreOf } from '../memoized-core.ts';
import type { CallRecord, RecordState } from '../record.ts';
import type { RecordFilter } from '../records.ts';
import { anything } from './anything.ts';
import { metadataFits } from './metadata-fits.ts';

/** Which calls are asked for. All that is given must fit. */
export interface CallFilter {
  /** The name of a task; or a task, or a memoized function, of which the calls with its version as it is now are meant. */
  readonly task?: string | ((...args: never[]) => unknown);
  /**
   * Whether calls of other versions of the given task fit, too.
   *
   * @defaultValue `false`
   */
  readonly anyVersion?: boolean;
  /** Values of arguments by name, or of members of a record given as an argument. `anything` for any value. */
  readonly args?: Readonly<Record<string, unknown>>;
  /** A part of the metadata: `{ git: { branch: 'main' } }`; `{ git: {} }` asks only for an entry `git`. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /**
   * How far calls have come: those that gave a value; that failed; that have begun and not ended, as they run or their process
   * was stopped.
   *
   * @defaultValue `'success'`
   */
  readonly state?: RecordState | 'any';
  /** The run in which they were computed. */
  readonly run?: string;
  /** When they began: milliseconds since the Unix epoch, from, and before. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /**
   * Calls of tasks, or graphs: values of whole graphs that are remembered beside those of their calls.
   *
   * @defaultValue `'call'`
   */
  readonly kind?: 'call' | 'graph' | 'any';
}

const names = [
  'task',
  'anyVersion',
  'args',
  'metadata',
  'state',
  'run',
  'sinceMs',
  'untilMs',
  'kind',
] as const satisfies readonly (keyof CallFilter)[];

/** What is asked for: by the records themselves, and by looking at each of those. */
export interface Asked {
  readonly filter: RecordFilter;
  /** `undefined` if the filter says all. */
  readonly accepts: ((record: CallRecord) => boolean) | undefined;
}

/**
 * @throws {TypeError} If something cannot be asked for.
 * @throws {NotDigestibleError} If the value of an argument has no digest.
 */
export function askedBy(wanted: CallFilter, keys: CallKeys): Asked {
  refuseUnknownOptions(wanted, names, 'query a cache');
  const { task, anyVersion = false, args, metadata, state = 'success', kind = 'call' } = wanted;
  const { run, sinceMs, untilMs } = wanted;
  refuseOther('state', state, ['success', 'failure', 'begun', 'any']);
  refuseOther('kind', kind, ['call', 'graph', 'any']);
  const { version, ...ofTask } = task === undefined ? {} : taskFilter(task, keys);
  const filter: RecordFilter = {
    ...ofTask,
    ...(args === undefined ? {} : { args: digestsOf(args, keys) }),
    ...(state === 'any' ? {} : { state }),
    ...(kind === 'any' ? {} : { kind }),
    ...(run === undefined ? {} : { run }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(untilMs === undefined ? {} : { untilMs }),
  };
  const wantsVersion = version !== undefined && !anyVersion;
  if (!wantsVersion && metadata === undefined) return { filter, accepts: undefined };
  return {
    filter,
    accepts: (record) =>
      (!wantsVersion || record.version === version) &&
      (metadata === undefined || metadataFits(record.metadata, metadata)),
  };
}

function refuseOther(option: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  const list = known.map((word) => `'${word}'`).join(', ');
  throw new TypeError(
    `Cannot query a cache as '${option}' must be one of ${list}: received ${inspectShort(value)}`,
  );
}

function taskFilter(
  task: NonNullable<CallFilter['task']>,
  keys: CallKeys,
): { readonly task?: string; readonly identity?: string; readonly version?: string } {
  if (typeof task === 'string') return { task };
  const core = rememberedCoreOf(task);
  if (core !== undefined) {
    const { identity, version } = keys.versionOf(core);
    return { identity, version };
  }
  throw new TypeError(
    `Cannot query a cache as 'task' must be a task, or the name of one: received ${inspectShort(task)}`,
  );
}

function digestsOf(
  args: Readonly<Record<string, unknown>>,
  keys: CallKeys,
): Readonly<Record<string, Digest | undefined>> {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      value === anything ? undefined : keys.digestOf(value, name),
    ]),
  );
}
