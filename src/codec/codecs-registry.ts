/**
 * Codecs that were defined in modules, so that a worker finds those of the module that it imported.
 */

import { Codecs, type CodecsModule } from './codecs.ts';

/** Shared by all copies of the library in this process. */
const registryKey = Symbol.for('heddle.codecs');

type Registry = Map<string, Codecs>;

function registry(): Registry {
  const holder = globalThis as { [registryKey]?: Registry };
  holder[registryKey] ??= new Map();
  return holder[registryKey];
}

const keyOf = ({ url, name }: CodecsModule): string => `${url}#${name}`;

/**
 * Makes a set of codecs, for classes whose instances are sent to workers or written as text.
 *
 * To be sent to workers it must be defined at the top level of a module, and named: each worker imports the module,
 * and finds it by its name. Give it to whatever has workers: `openThreads({ codecs })`, `openPool(task, { codecs })`,
 * `run(…, { threads: 2, codecs })`.
 *
 * @param meta - `import.meta` of the module
 * @param name - of the codecs in the module; as it is exported, by custom
 * @throws {TypeError} If the module has codecs of that name already.
 *
 * @example
 * ```ts
 * import { codecs, run, tasks } from 'heddle';
 * export class Money {
 *   readonly #cents: bigint;
 *   constructor(cents: bigint) {
 *     this.#cents = cents;
 *   }
 *   get cents(): bigint {
 *     return this.#cents;
 *   }
 * }
 * export const money = codecs(import.meta, 'money').register(Money, {
 *   encode: ({ cents }) => cents,
 *   decode: (cents) => new Money(cents),
 * });
 * export const { add } = tasks(import.meta, {
 *   add: (a: Money, b: Money) => new Money(a.cents + b.cents),
 * });
 * if (import.meta.main) {
 *   const sum = await run(add(new Money(100n), new Money(250n)), { threads: 1, codecs: money });
 *   assert.ok(sum instanceof Money && sum.cents === 350n);
 * }
 * ```
 */
export function codecs(meta?: { readonly url: string }, name?: string): Codecs {
  if (meta === undefined) return new Codecs([]);
  if (typeof meta.url !== 'string' || typeof name !== 'string' || name === '') {
    throw new TypeError(
      `Cannot define codecs as they need a module and a name: received ${String(name)}\n  codecs(import.meta, 'name')`,
    );
  }
  const module = { url: meta.url, name };
  if (registry().has(keyOf(module))) {
    throw new TypeError(
      `Cannot define codecs '${name}' as the module ${meta.url} has some of that name already`,
    );
  }
  const made = new Codecs([module]);
  registry().set(keyOf(module), made);
  return made;
}

/** Finds codecs that a module has defined. */
export function findCodecs(module: CodecsModule): Codecs | undefined {
  return registry().get(keyOf(module));
}
