/**
 * Which task a call is of, for good: its identity, and the version of what it computes.
 *
 * The identity survives moving the project; the version is the one that the task was given, or the digest of its source.
 * What only this process can see, such as a closure without a version, has an identity for as long as the process lives.
 */

import { placeOf } from '../base/site.ts';
import { moduleIdentity } from '../sources/module-identity.ts';
import type { SourceDigests } from '../sources/source-digests.ts';
import type { SourceManifest } from '../sources/source-manifest.ts';
import type { TaskCore } from '../task/task-core.ts';

export interface TaskVersion {
  /** The package, the module's path inside it, and the name: `my-app/src/tasks.ts#fit`. */
  readonly identity: string;
  /** `version:1.0`, or `source:` and a digest. */
  readonly version: string;
  /** What the digest of its source was made from. */
  readonly sources: SourceManifest | undefined;
  /** Whether only this process knows it. */
  readonly isLocal: boolean;
}

/** Finds out identities and versions, once for each task. */
export class TaskVersions {
  readonly #sources: SourceDigests;
  readonly #known = new WeakMap<TaskCore, TaskVersion>();
  /** Functions of this process that nothing else tells apart. */
  readonly #locals = new WeakMap<object, number>();
  #nextLocal = 0;

  constructor(sources: SourceDigests) {
    this.#sources = sources;
  }

  of(core: TaskCore): TaskVersion {
    let known = this.#known.get(core);
    if (known === undefined) this.#known.set(core, (known = this.#find(core)));
    return known;
  }

  #find(core: TaskCore): TaskVersion {
    const { module, builtin, hints, carries } = core;
    if (carries !== undefined) {
      const known = this.of(carries.core);
      return carries.isGiven === ''
        ? known
        : { ...known, version: `${known.version} given:${carries.isGiven}` };
    }
    const given = hints.version === undefined ? undefined : `version:${String(hints.version)}`;
    if (builtin !== undefined && !builtin.isStep) {
      return { identity: `heddle#${core.name}`, version: 'version:1', sources: undefined, isLocal: false };
    }
    if (module !== undefined) {
      const { text } = moduleIdentity(module.url);
      if (given !== undefined) {
        const identity = `${text}#${hints.name ?? module.name}`;
        return { identity, version: given, sources: undefined, isLocal: false };
      }
      // By the key: two tasks of one module may have one name, and of their source alone nobody can tell which is which.
      const identity = `${text}#${module.name}`;
      const sources = this.#sources.of(module.url);
      return { identity, version: `source:${sources.digest}`, sources, isLocal: false };
    }
    const file = placeOf(core.site)?.file;
    if (given === undefined || file === undefined || core.name === 'anonymous') return this.#local(core);
    const identity = `${moduleIdentity(urlOf(file)).text}#${core.name}`;
    return { identity, version: given, sources: undefined, isLocal: false };
  }

  /** A closure: what it holds cannot be seen, so another one made by the same lines is another task. */
  #local({ fn, name, hints }: TaskCore): TaskVersion {
    let serial = this.#locals.get(fn);
    if (serial === undefined) this.#locals.set(fn, (serial = this.#nextLocal++));
    return {
      identity: `local:${serial}#${name}`,
      version: `version:${String(hints.version)}`,
      sources: undefined,
      isLocal: true,
    };
  }
}

/** Places are told as paths, unless the module is no file. */
function urlOf(file: string): string {
  return /^[a-z][a-z+.-]+:/.test(file) ? file : process.getBuiltinModule('node:url').pathToFileURL(file).href;
}
