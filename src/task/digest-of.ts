/**
 * The digest of a value, with what stands for heddle's own: tasks, failures, errors.
 *
 * Promises what `Digester` does. A task is told by its module, name and version, not by what it does: who needs to know
 * that its source has changed, as a cache does, has to ask that besides.
 */

import { isHeddleError } from '../base/errors.ts';
import { once } from '../base/once.ts';
import type { DigestCodec } from '../codec/canonical/digest-codec.ts';
import { type Digest, Digester, type DigestOptions } from '../codec/canonical/digester.ts';
import { Refusal } from '../codec/canonical/refusal.ts';
import { FilePath } from '../codec/file-path.ts';
import { isDelayed } from './delayed.ts';
import { type Failure, failed } from './failure.ts';
import { coreOf } from './task-brand.ts';
import type { TaskCore } from './task-core.ts';

/** What stands for values of heddle's own classes. Who digests for other ends may put others before them. @internal */
export const digestKinds: readonly DigestCodec[] = [
  {
    kind: 'heddle/delayed',
    matches: isDelayed,
    parts: () => {
      throw new Refusal('it is a delayed value, which is not computed yet', 'run it, and give its value');
    },
  },
  {
    kind: 'heddle/task',
    matches: (value) => coreOf(value) !== undefined,
    parts: (task: object) => {
      const { module, hints } = coreOf(task) as TaskCore;
      if (module === undefined)
        throw new Refusal(
          'it is a task that no module gives a name to',
          'define it in a block tasks(import.meta, { … })',
        );
      return [module.url, module.name, hints.version];
    },
  },
  {
    kind: 'heddle/failure',
    matches: failed,
    parts: ({ task, place, reason, error, failedArguments, trace }: Failure) => ({
      task,
      place,
      reason,
      error,
      failedArguments,
      trace,
    }),
  },
  {
    // Where it is: what is in it, only those know who may read it.
    kind: 'heddle/path',
    matches: (value) => value instanceof FilePath,
    parts: ({ path }: FilePath) => path,
  },
  {
    kind: 'heddle/error',
    matches: isHeddleError,
    parts: (error: Error) => [
      error.name,
      error.message,
      Object.fromEntries(Object.entries(error)),
      Object.hasOwn(error, 'cause'),
      error.cause,
    ],
  },
];

const digester = once(() => new Digester(digestKinds));

/**
 * Gives the digest of a value: the same for equal values, another for different ones, in every process, on every machine,
 * for good. It is the SHA-256 of an encoding that `docs/formats/digest.md` describes to the byte.
 *
 * - **Equal** are values of which a copy by value could not be told from the other, but for the order in which members of
 *   records, entries of `Map`s and members of `Set`s were added, for objects shared or copied, and for a record having a
 *   prototype. Where order counts, give a list: `[...map]`.
 * - **Different** are: `0` and `-0`; `undefined`, `null`, a hole and no member at all; `1`, `1n`, `'1'` and `new Number(1)`;
 *   typed arrays of other classes with the same bytes; `Buffer` and `Uint8Array`; the same text with other halves of
 *   surrogate pairs. All `NaN`s are one, but in typed arrays their bits count.
 * - **Instances of classes** have to say what stands for them, see `digestSymbol` and `DigestCodec`, since private fields
 *   cannot be seen. So have functions; a task is told by its module, name and version.
 * - **Reads** getters, as copying does. Not: members that are not enumerable, the `stack` of errors.
 * - **Cost:** one to two microseconds for small arguments; large typed arrays take what SHA-256 takes, and are not copied.
 *   Time and memory grow with the size of the value; an object counts once, wherever it stands, a text each time. Depth is
 *   not limited by the stack. The first digest of a process loads what hashes, which takes some milliseconds.
 *
 * @throws {NotDigestibleError} If something in the value has no digest: functions, symbols, promises, iterators, what holds
 *   its members weakly, instances of classes that say nothing, members under symbols, memory that was moved away; more than
 *   200,000 levels; cycles through which millions of ways lead; or if reading it throws. Names the way to it.
 * @throws {TypeError} If an option is not known.
 *
 * @example
 * ```ts
 * import { digestOf } from 'heddle';
 * assert.equal(digestOf({ a: 1, b: [2, 3] }), digestOf({ b: [2, 3], a: 1 }));
 * assert.notEqual(digestOf(0), digestOf(-0));
 * assert.equal(digestOf(null), '17b881259e80900c97866919327d19ab508dee4cac692a11d1eab310a4445236');
 * assert.throws(() => digestOf([{ fn: () => 1 }], { what: 'args' }), { path: 'args[0].fn' });
 * ```
 */
export function digestOf(value: unknown, options?: DigestOptions): Digest {
  return digester().text(value, options);
}

/**
 * Gives the digest of a value like `digestOf`, as its 32 bytes.
 *
 * @example
 * ```ts
 * import { digestBytesOf, digestOf } from 'heddle';
 * assert.equal(Buffer.from(digestBytesOf('Oote')).toString('hex'), digestOf('Oote'));
 * ```
 */
export function digestBytesOf(value: unknown, options?: DigestOptions): Uint8Array {
  return digester().bytes(value, options);
}
