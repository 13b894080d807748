/**
 * One stage where it runs: what is called for an item, and what is made of its result.
 */

import { isPromiseLike } from '../base/promise-like.ts';

/** Applies a stage to an item, or to a window of items. */
export type StageCall = (item: unknown) => unknown;

/** A stage that is ready to run. */
export interface StageBody {
  readonly call: StageCall;
  /** Whether an item must have its outcome before the next is begun. */
  readonly isStateful: boolean;
  dispose(): Promise<void>;
}

interface StageObject {
  call(...args: unknown[]): unknown;
  [Symbol.dispose]?(): void;
  [Symbol.asyncDispose]?(): PromiseLike<void>;
}

export interface BodyParts {
  readonly fn: ((...args: never[]) => unknown) | undefined;
  /** Built here, if the stage is one of a class. */
  readonly Class: (new (...args: never[]) => { call(...args: never[]): unknown }) | undefined;
  readonly args: readonly unknown[] | undefined;
  readonly isSpread: boolean;
  readonly isStateful: boolean;
}

/** @throws what the constructor throws */
export function makeBody({ fn, Class, args, isSpread, isStateful }: BodyParts): StageBody {
  let object: StageObject | undefined;
  let apply = fn as ((...args: unknown[]) => unknown) | undefined;
  if (Class !== undefined && args !== undefined) {
    const built = new Class(...(args as never[])) as StageObject;
    object = built;
    apply = (...given) => built.call(...given);
  }
  const body = apply as (...args: unknown[]) => unknown;
  return {
    call: isSpread ? (item) => body(...(item as readonly unknown[])) : (item) => body(item),
    isStateful,
    async dispose() {
      if (object?.[Symbol.asyncDispose] !== undefined) await object[Symbol.asyncDispose]?.();
      else object?.[Symbol.dispose]?.();
    },
  };
}

/** What of a result is more than a value. */
export type Special =
  | { readonly is: 'later'; readonly promise: PromiseLike<unknown> }
  | { readonly is: 'many'; readonly items: Iterable<unknown> }
  | { readonly is: 'many-later'; readonly items: AsyncIterable<unknown> };

/** Whether a result is a promise or a generator, and not an item. Lists are items. */
export function specialOf(result: unknown): Special | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  if (isPromiseLike(result)) return { is: 'later', promise: result };
  if (typeof (result as Partial<Iterator<unknown>>).next !== 'function') return undefined;
  if (Symbol.iterator in result) return { is: 'many', items: result as Iterable<unknown> };
  if (Symbol.asyncIterator in result) return { is: 'many-later', items: result as AsyncIterable<unknown> };
  return undefined;
}
