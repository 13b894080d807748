/**
 * Says why a call is not remembered, in words: what differs from the nearest call that is.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import { changesBetween } from '../../sources/changes-between.ts';
import type { SourceManifest } from '../../sources/source-manifest.ts';
import type { Hints } from '../../task/hints.ts';
import type { TaskCore } from '../../task/task-core.ts';
import type { CallCache } from '../call-cache.ts';
import { type CallKey, cacheHintsOf, NotKeyed } from '../call-key.ts';
import { keptBy } from '../kept.ts';
import type { ArgumentRecord, CallRecord } from '../record.ts';
import { NotFoundError } from './not-found-error.ts';

/** Of how many runs the calls are looked through for one that was forgotten. Arbitrary. */
const mostRuns = 50;
/** How many changed files are told. Arbitrary: more nobody reads. */
const mostChanges = 20;

/** What is compared: a record, or a call as it would be made now. */
interface Side {
  readonly task: string;
  readonly identity: string;
  readonly version: string;
  readonly sources: SourceManifest | undefined;
  readonly args: readonly (Pick<ArgumentRecord, 'name' | 'digest' | 'members'> & {
    /** The value in short; `undefined` if it is not known. */
    show(): Promise<string | undefined>;
  })[];
}

/** Says whether a call is remembered, and if not, why: a line for each reason, the first the main one. */
export async function explainCall(
  engine: CallCache,
  core: TaskCore,
  hints: Hints,
  args: readonly unknown[],
): Promise<readonly string[]> {
  const key = engine.keyOf(core, hints, args);
  if (key instanceof NotKeyed)
    return [`calls like this one of '${core.name}' are not remembered: ${key.reason}`];
  const record = await keptBy(engine).calls.get(key.digest);
  if (record !== undefined) return [await stateOf(engine, record, hints)];
  const evicted = await runThatHad(engine, key.digest);
  if (evicted !== undefined) return [`it was remembered in run ${evicted}, and was evicted since`];
  return missOf(engine, core, key);
}

/** Says what differs between two calls that are, or were, remembered. No line if they are the same. */
export async function explainTwo(engine: CallCache, one: Digest, other: Digest): Promise<readonly string[]> {
  const [before, after] = [await sideOfKey(engine, one), await sideOfKey(engine, other)];
  const named =
    before.identity === after.identity
      ? []
      : [`they are of different tasks: '${before.identity}' and '${after.identity}'`];
  return [...named, ...(await differences(before, after))];
}

async function stateOf(engine: CallCache, record: CallRecord, hints: Hints): Promise<string> {
  const { state, result, failure, settledMs = 0, startedMs } = record;
  const { maxAgeMs = Number.POSITIVE_INFINITY, errorsForMs = 0 } = cacheHintsOf(hints);
  const nowMs = engine.parts.clock.epochMs();
  if (state === 'begun') {
    const doing = engine.isInFlight(record.key)
      ? 'it is being computed here'
      : 'it runs, or its process has ended';
    return `it began at ${timeText(startedMs)}, and gave nothing yet: ${doing}`;
  }
  if (state === 'failure') {
    const isGiven = failure?.address !== undefined && failure.untilMs > nowMs && errorsForMs > 0;
    const what = `it failed at ${timeText(settledMs)} (${failure?.reason}): ${failure?.summary}`;
    if (isGiven) return `${what}; that is remembered until ${timeText(failure.untilMs)}`;
    const isOver = failure?.address !== undefined && errorsForMs > 0;
    return isOver ? `${what}; for so long errors are not remembered` : `${what}; failures are not remembered`;
  }
  const address = result?.address;
  if (address === undefined || !(await keptBy(engine).values.has(address)))
    return `it was computed at ${timeText(settledMs)}, but its value is not stored any more`;
  if (settledMs + maxAgeMs <= nowMs)
    return `it was computed at ${timeText(settledMs)}, which is longer ago than its hint 'maxAgeMs' allows: ${maxAgeMs}`;
  return `it is remembered: it was computed at ${timeText(settledMs)}`;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

async function runThatHad(engine: CallCache, key: Digest): Promise<string | undefined> {
  const { calls } = keptBy(engine);
  let left = mostRuns;
  for await (const run of calls.runs()) {
    if (left-- === 0) return undefined;
    for await (const entry of calls.entriesOf(run.id))
      if (entry.key === key && entry.how !== 'failed') return run.id;
  }
  return undefined;
}

async function missOf(engine: CallCache, core: TaskCore, key: CallKey): Promise<readonly string[]> {
  const now = sideNow(engine, core, key);
  const nearest = await nearestOf(engine, now);
  if (nearest !== undefined) {
    const before = await sideOf(engine, nearest);
    const changes = await differences(before, now);
    const when = `the nearest call that is remembered, of ${timeText(nearest.startedMs)}, differs:`;
    // Nothing that can be told differs, such as the order of arguments.
    return changes.length === 0
      ? [`no call of '${core.name}' with these arguments is remembered`]
      : [when, ...changes];
  }
  for await (const { identity } of keptBy(engine).calls.select({ task: core.name, kind: 'call', limit: 1 })) {
    return [
      `no call of '${key.task.identity}' is remembered`,
      `calls of a task of the same name are, of '${identity}': was it moved, or given another name?`,
    ];
  }
  return [`no call of '${core.name}' is remembered: it was never called with this cache, or all was evicted`];
}

/** The record with the most in common: most arguments, then the same version; of equally near ones, the newest. */
async function nearestOf(engine: CallCache, now: Side): Promise<CallRecord | undefined> {
  let nearest: CallRecord | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for await (const record of keptBy(engine).calls.select({ identity: now.identity, kind: 'call' })) {
    if (record.state === 'begun') continue;
    const names = new Set([...now.args, ...record.args].map(({ name }) => name));
    const equal = now.args.filter((one) => record.args.some((other) => isSame(one, other))).length;
    const nearness = 2 * (equal - names.size) + (record.version === now.version ? 1 : 0);
    if (nearness <= most) continue;
    [nearest, most] = [record, nearness];
  }
  return nearest;
}

function isSame(
  one: Pick<ArgumentRecord, 'name' | 'digest'>,
  other: Pick<ArgumentRecord, 'name' | 'digest'>,
): boolean {
  return one.name === other.name && one.digest === other.digest;
}

function sideNow(engine: CallCache, core: TaskCore, { task, args }: CallKey): Side {
  const { identity, version, sources } = task;
  return {
    task: core.name,
    identity,
    version,
    sources,
    args: args.map(({ name, digest, value }) => ({
      name,
      digest,
      members: engine.parts.keys.membersOf(value, name),
      show: async () => inspectShort(value),
    })),
  };
}

async function sideOfKey(engine: CallCache, key: Digest): Promise<Side> {
  const record = await keptBy(engine).calls.get(key);
  if (record !== undefined) return sideOf(engine, record);
  throw new NotFoundError(`Cannot compare calls as one of them is not remembered: received '${key}'`);
}

async function sideOf(engine: CallCache, record: CallRecord): Promise<Side> {
  const { task, identity, version, sources, args } = record;
  return {
    task,
    identity,
    version,
    sources: (await readOr(engine, sources)) as SourceManifest | undefined,
    args: args.map(({ name, digest, members, address }) => ({
      name,
      digest,
      members,
      show: async () => {
        const value = await readOr(engine, address, unread);
        return value === unread ? undefined : inspectShort(value);
      },
    })),
  };
}

const unread = Symbol('unread');

async function readOr(engine: CallCache, address: Digest | undefined, otherwise?: unknown): Promise<unknown> {
  if (address === undefined) return otherwise;
  try {
    const bytes = await keptBy(engine).values.get(address);
    return bytes === undefined ? otherwise : engine.parts.codec.decode(bytes);
  } catch {
    return otherwise;
  }
}

async function differences(before: Side, after: Side): Promise<readonly string[]> {
  return [...versionChanges(before, after), ...(await argumentChanges(before, after))];
}

function versionChanges(before: Side, after: Side): readonly string[] {
  if (before.version === after.version) return [];
  const [from, to] = [before.version, after.version].map(versionText);
  const bySource = before.version.startsWith('source:') && after.version.startsWith('source:');
  if (!bySource) return [`the version of '${after.task}' went from ${from} to ${to}`];
  const changes =
    before.sources === undefined || after.sources === undefined
      ? ['which of its files is not known any more']
      : changesBetween(before.sources, after.sources);
  const more = changes.length - mostChanges;
  return [
    `the source of '${after.task}' changed:`,
    ...changes.slice(0, mostChanges).map((change) => `  ${change}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

function versionText(version: string): string {
  return version.startsWith('version:') ? `'${version.slice('version:'.length)}'` : 'that of its source';
}

async function argumentChanges(before: Side, after: Side): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const now of after.args) {
    const then = before.args.find(({ name }) => name === now.name);
    if (then === undefined) lines.push(`argument '${now.name}' is new`);
    else if (then.digest !== now.digest) lines.push(...(await argumentChange(then, now)));
  }
  for (const { name } of before.args)
    if (!after.args.some((one) => one.name === name)) lines.push(`argument '${name}' is missing`);
  return lines;
}

async function argumentChange(
  then: Side['args'][number],
  now: Side['args'][number],
): Promise<readonly string[]> {
  const members = changedMembers(then.members, now.members);
  if (members.length > 0) {
    const ways = members.map((name) => `'${now.name}${name.startsWith('[') ? name : `.${name}`}'`);
    return [`argument '${now.name}' differs in ${ways.join(', ')}`];
  }
  const [from, to] = [await then.show(), await now.show()];
  if (from === undefined || to === undefined || from === to) return [`argument '${now.name}' differs`];
  return [`argument '${now.name}' is ${to}, and was ${from}`];
}

type Members = ArgumentRecord['members'];

function changedMembers(then: Members, now: Members): readonly string[] {
  if (then === undefined || now === undefined) return [];
  const names = new Set([...Object.keys(then), ...Object.keys(now)]);
  return [...names].filter((name) => then[name] !== now[name]);
}
