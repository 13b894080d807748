/**
 * The handle that users hold on a call, and what each thing they may do to it means.
 *
 * A `Delayed` is a proxy over one shared function (so that it can be called as a method); its handler
 * is the only thing made per call. Reading a member makes a call that reads it, calling a member makes
 * a call of the method; what JavaScript would do silently wrong throws, with the mend.
 */

import { type Site, siteAbove } from '../base/site.ts';
import type { Call } from './call.ts';
import { callText } from './call-text.ts';
import type { Delayed } from './types.ts';

/** Reads the call behind a handle; shared by all copies of the library, so that they know each other's handles. */
const callOfHandle = Symbol.for('heddle.delayed');
const inspectSymbol = Symbol.for('nodejs.util.inspect.custom');

/** Makes the calls that stand for reading a member, calling a method, and calling a value. */
export interface MemberCalls {
  read(owner: Call, key: string, site: Site): Call;
  /** `called` may be a call made by `read`: then the method of the owner is called. */
  invoke(called: Call, args: readonly unknown[], site: Site): Call;
}

/** What every handle is a proxy of. An arrow function can be called, cannot be `new`ed, and has no prototype. */
const target: object = Object.assign(() => undefined, {
  [inspectSymbol](this: unknown): string {
    return isDelayed(this) ? `Delayed<${callText(callOf(this))}>` : 'Delayed';
  },
});

/** @internal */
export class DelayedHandler implements ProxyHandler<object> {
  readonly #call: Call;
  readonly #members: MemberCalls;

  constructor(call: Call, members: MemberCalls) {
    this.#call = call;
    this.#members = members;
  }

  get(_: object, key: string | symbol): unknown {
    if (key === callOfHandle) return this.#call;
    if (typeof key === 'symbol') return this.#getSymbol(key);
    // A promise takes whatever has a `then` for another promise, and would wait on it for ever.
    if (key === 'then') return undefined;
    if (key === 'toJSON') {
      return () => {
        throw new TypeError(
          this.#text('write', 'as JSON', 'run it and write the value: JSON.stringify(await run(x))'),
        );
      };
    }
    return handleOf(this.#members.read(this.#call, key, siteAbove(this.get)), this.#members);
  }

  #getSymbol(key: symbol): unknown {
    switch (key) {
      case Symbol.toPrimitive:
        throw new TypeError(
          this.#text(
            'coerce',
            'to a string or a number',
            "use 'ops' (ops.add(x, 1), ops.lt(x, y)), a task of your own, or run it first",
          ),
        );
      case Symbol.iterator:
      case Symbol.asyncIterator:
        throw new TypeError(
          this.#text(
            'iterate over',
            '',
            'use unpack(x, n) for a known length, or map, filter and fold for any length',
          ),
        );
      default:
        return undefined;
    }
  }

  apply(_: object, _self: unknown, args: readonly unknown[]): unknown {
    return handleOf(this.#members.invoke(this.#call, args, siteAbove(this.apply)), this.#members);
  }

  set(_: object, key: string | symbol): boolean {
    throw new TypeError(
      this.#text(
        'assign to',
        `member '${String(key)}' of`,
        `use set(x, '${String(key)}', value), which gives a new delayed value`,
      ),
    );
  }

  defineProperty(_: object, key: string | symbol): boolean {
    return this.set(_, key);
  }

  deleteProperty(_: object, key: string | symbol): boolean {
    throw new TypeError(
      this.#text(
        'delete',
        `member '${String(key)}' of`,
        `use omit(x, '${String(key)}'), which gives a new delayed value`,
      ),
    );
  }

  has(_: object, key: string | symbol): boolean {
    // Asked by `in`. Symbols are asked by the language itself, such as Symbol.isConcatSpreadable.
    if (typeof key === 'symbol') return key === callOfHandle;
    throw new TypeError(
      this.#text('look for', `member '${key}' in`, 'ask inside a task, where the value is known'),
    );
  }

  ownKeys(): never {
    throw new TypeError(
      this.#text('spread or list the members of', '', 'use lift({ … }), set(x, key, value), or a task'),
    );
  }

  #text(verb: string, what: string, mend: string): string {
    const of = what === '' || what.startsWith('member') ? `${what} ` : '';
    const to = of === '' ? ` ${what}` : '';
    return `Cannot ${verb} ${of.trimStart()}the delayed value of ${callText(this.#call)}${to} as it is not computed yet\n  ${mend}`;
  }
}

/** Makes the handle on a call. @internal */
export function handleOf(call: Call, members: MemberCalls): Delayed<unknown> {
  return new Proxy(target, new DelayedHandler(call, members)) as Delayed<unknown>;
}

/** The call behind a handle. @internal */
export function callOf(delayed: object): Call {
  return (delayed as { [callOfHandle]: Call })[callOfHandle];
}

/**
 * Tells whether a value is delayed: the handle on a call that is not computed yet.
 *
 * @example
 * ```ts
 * import { delay, isDelayed } from 'heddle';
 * assert.equal(isDelayed(delay(3)), true);
 * assert.equal(isDelayed(3), false);
 * ```
 */
export function isDelayed(value: unknown): value is Delayed<unknown> {
  if (typeof value !== 'function') return false;
  // Other proxies answer every name too, with functions as a rule: look whether the answer is a call.
  const call: unknown = callOf(value);
  return typeof call === 'object' && call !== null && Array.isArray((call as Partial<Call>).needs);
}
