/**
 * The digest of a call: its identity across runs, processes and machines.
 *
 * It is SHA-256 over lines of text: the task's identity, its version, and the digest of each argument, as
 * `docs/formats/call-key.md` describes. Two calls with the same digest give the same value, if their task is a function of
 * its arguments. Decides nothing else: what is found under a digest is the cache's matter.
 */

import { isPlainObject } from '../base/plain.ts';
import { digestOfText } from '../codec/canonical/byte-digest.ts';
import type { DigestCodec } from '../codec/canonical/digest-codec.ts';
import { type Digest, Digester } from '../codec/canonical/digester.ts';
import { digestCodecOf } from '../codec/canonical/from-codecs.ts';
import type { Codecs } from '../codec/codecs.ts';
import { FilePath } from '../codec/file-path.ts';
import { argumentOf, type CacheHints } from '../task/cache-hints.ts';
import { digestKinds } from '../task/digest-of.ts';
import type { Hints } from '../task/hints.ts';
import { coreOf } from '../task/task-brand.ts';
import type { TaskCore } from '../task/task-core.ts';
import type { FileDigests } from './file-digests.ts';
import type { TaskVersion, TaskVersions } from './task-version.ts';

/** A call of which the result can be remembered. */
export interface CallKey {
  readonly digest: Digest;
  readonly task: TaskVersion;
  readonly args: readonly KeyedArgument[];
}

/** An argument that counts. */
export interface KeyedArgument {
  readonly name: string;
  readonly value: unknown;
  readonly digest: Digest;
}

/** Why the result of a call cannot be remembered. */
export class NotKeyed {
  readonly reason: string;
  readonly cause: unknown;
  constructor(reason: string, cause?: unknown) {
    this.reason = reason;
    this.cause = cause;
  }
}

const noHints: CacheHints = {};

/** Of how many members of an argument digests are kept. Arbitrary: more than options have, fewer than data. */
const mostMembers = 32;

/** What the hints of a task say of remembering. */
export function cacheHintsOf({ cache }: Hints): CacheHints {
  return typeof cache === 'object' ? cache : noHints;
}

/** Makes the digests of calls. */
export class CallKeys {
  readonly #versions: TaskVersions;
  readonly #files: FileDigests;
  readonly #digester: Digester;
  /** What stands for values that are no plain data. */
  readonly kinds: readonly DigestCodec[];

  constructor(versions: TaskVersions, files: FileDigests, codecs: Codecs | undefined) {
    this.#versions = versions;
    this.#files = files;
    const own: DigestCodec[] = [
      {
        // Given as an argument, a task counts by what it computes.
        kind: 'heddle/task',
        matches: (value: object) => coreOf(value) !== undefined,
        parts: (value: object) => {
          const { identity, version } = versions.of(coreOf(value) as TaskCore);
          return [identity, version];
        },
      },
    ];
    own.push({
      // A file counts by what is in it when the call is looked up, not by where it is.
      kind: 'heddle/file',
      matches: (value: object) => value instanceof FilePath,
      parts: ({ path }: FilePath) => files.of(path),
    });
    const users = codecs === undefined ? [] : [digestCodecOf(codecs)];
    this.kinds = [...own, ...users, ...digestKinds];
    this.#digester = new Digester(this.kinds);
  }

  versionOf(core: TaskCore): TaskVersion {
    return this.#versions.of(core);
  }

  /** @throws {NotDigestibleError} If something in the value has no digest. */
  digestOf(value: unknown, what: string): Digest {
    return this.#digester.text(value, { what });
  }

  /**
   * The digests of what a record or a list given as an argument has, by name or by `[0]` and so on, so that calls are found by
   * them; only few.
   */
  membersOf(value: unknown, what: string): Readonly<Record<string, Digest>> | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) {
      if (value.length === 0 || value.length > mostMembers) return undefined;
      // Not `map`, which leaves out holes.
      const list: readonly unknown[] = value;
      return Object.fromEntries(
        Array.from(list, (item, i) => [`[${i}]`, this.digestOf(item, `${what}[${i}]`)] as const),
      );
    }
    if (!isPlainObject(value)) return undefined;
    const names = Object.keys(value);
    if (names.length === 0 || names.length > mostMembers) return undefined;
    return Object.fromEntries(names.map((name) => [name, this.digestOf(value[name], `${what}.${name}`)]));
  }

  /** Gives the digest of a call, or why it has none. */
  of(core: TaskCore, hints: Hints, args: readonly unknown[]): CallKey | NotKeyed {
    let task: TaskVersion;
    try {
      task = this.#versions.of(core);
    } catch (cause) {
      return new NotKeyed(messageOf(cause), cause);
    }
    const chosen = cacheHintsOf(hints);
    const counted = this.#counted(core, chosen, args);
    if (counted instanceof NotKeyed) return counted;
    return { digest: keyOf(task, counted), task, args: counted };
  }

  #counted(core: TaskCore, hints: CacheHints, args: readonly unknown[]): readonly KeyedArgument[] | NotKeyed {
    const { ignore = [], require = [], files = [], key } = hints;
    const unknown = [...ignore, ...require, ...files].find((way) => !core.params.includes(argumentOf(way)));
    if (unknown !== undefined)
      return new NotKeyed(`the hint 'cache' names an argument '${unknown}' that is not known here`);
    const missing = require.find((way) => readWay(core, args, way) === undefined);
    if (missing !== undefined)
      return new NotKeyed(`'${missing}' was not given, which must be for the result to be kept`);
    try {
      if (key !== undefined) {
        const value: unknown = key(...(args as never[]));
        return [{ name: 'key', value, digest: this.digestOf(value, 'key') }];
      }
      const counted: KeyedArgument[] = [];
      for (let i = 0; i < args.length; i++) {
        const name = core.params[i] ?? String(i);
        if (ignore.includes(name)) continue;
        const value = ignore.length === 0 ? args[i] : withoutMembers(args[i], name, ignore);
        const digest =
          files.length === 0 ? this.digestOf(value, name) : this.#digestWithFiles(value, name, files);
        counted.push({ name, value, digest });
      }
      return counted;
    } catch (cause) {
      return new NotKeyed(messageOf(cause), cause);
    }
  }

  /** An argument that is a path, or has members which are, counts by what is there. */
  #digestWithFiles(value: unknown, name: string, files: readonly string[]): Digest {
    const ways = files.filter((way) => argumentOf(way) === name);
    if (ways.length === 0) return this.digestOf(value, name);
    const contents = ways.map((way) => {
      const path = members(way).reduce<unknown>(
        (part, key) => (part as Record<string, unknown> | undefined)?.[key],
        value,
      );
      return pathsIn(path).map((one) => this.#files.of(one));
    });
    // The path itself does not count where the whole argument is one.
    return this.digestOf([ways.includes(name) ? undefined : value, contents], name);
  }
}

/** The digest of a call of a task, with the digests of the arguments that count. */
export function keyOf(
  task: Pick<TaskVersion, 'identity' | 'version'>,
  args: readonly { readonly name: string; readonly digest: Digest }[],
): Digest {
  const lines = ['heddle call 1', JSON.stringify(task.identity), JSON.stringify(task.version)];
  for (const { digest } of args) lines.push(digest);
  return digestOfText(lines.join('\n'));
}

/** The parts of a way behind the name of the argument. */
function members(way: string): readonly string[] {
  return way.split('.').slice(1);
}

function readWay({ params }: TaskCore, args: readonly unknown[], way: string): unknown {
  const argument = args[params.indexOf(argumentOf(way))];
  return members(way).reduce<unknown>(
    (part, key) => (part as Record<string, unknown> | undefined)?.[key],
    argument,
  );
}

/** A copy of an argument without the members that do not count. */
function withoutMembers(value: unknown, name: string, ignore: readonly string[]): unknown {
  const ways = ignore.filter((way) => argumentOf(way) === name).map(members);
  return ways.reduce((kept, way) => withoutMember(kept, way), value);
}

function withoutMember(value: unknown, [first, ...rest]: readonly string[]): unknown {
  if (first === undefined || typeof value !== 'object' || value === null || !isPlainObject(value))
    return value;
  if (!Object.hasOwn(value, first)) return value;
  const { [first]: member, ...others } = value;
  return rest.length === 0 ? others : { ...others, [first]: withoutMember(member, rest) };
}

function pathsIn(value: unknown): readonly string[] {
  if (value === '') throw new TypeError("an argument named in 'files' is no path: received ''");
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(pathsIn);
  if (value instanceof URL && value.protocol === 'file:')
    return [process.getBuiltinModule('node:url').fileURLToPath(value)];
  if (value === undefined) return [];
  throw new TypeError(`an argument named in 'files' is no path: received ${typeof value}`);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
