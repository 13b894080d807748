/**
 * Why a value has no digest, and what can be done about it, in words.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { classNameOf } from '../../base/plain.ts';
import { digestSymbol } from './digest-codec.ts';

/** Thrown on the way through a value, to be told with the way to it. */
export class Refusal extends Error {
  readonly mend: string;
  constructor(reason: string, mend: string) {
    super(reason);
    this.mend = mend;
  }
}

/** Why a function, a symbol, or an instance of a class is refused. */
export function refusalOf(value: unknown): Refusal {
  const received = inspectShort(value);
  if (typeof value === 'symbol')
    return new Refusal(`it is a symbol: received ${received}`, 'give a string in its place');
  if (typeof value === 'function') {
    return new Refusal(
      `it is a function, and what it does cannot be seen: received ${received}`,
      'give a task of a module in its place, or data that says what it does',
    );
  }
  return refusalOfObject(value as object, received);
}

function refusalOfObject(value: object, received: string): Refusal {
  if (value instanceof Promise) return new Refusal('it is a promise', 'wait for it, and give its value');
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef)
    return new Refusal(
      `what it holds cannot be listed: received ${received}`,
      'give a Map, a Set, or a list',
    );
  if (value instanceof Iterator || Symbol.asyncIterator in value)
    return new Refusal('it is an iterator, which reading would use up', 'give a list of what it yields');
  const name = classNameOf(value);
  if (digestSymbol in value) {
    return new Refusal(
      `its class '${name}' inherits its digest, and what it adds would be missed`,
      `define [Symbol.for('heddle.digest')]() in class '${name}' too`,
    );
  }
  return new Refusal(
    `it is an instance of class '${name}', whose private fields cannot be seen`,
    `give the class a method [Symbol.for('heddle.digest')]() { return { kind, parts }; }, or register it with codecs() and give these to openCache, or pass plain data`,
  );
}
