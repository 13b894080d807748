/**
 * The factorials again, with a large array that goes along with each call, to see which arrays stay in memory.
 *
 * The array is passed by reference, since nobody changes it; each step makes a new one. These tasks stay in this
 * process, so they may use what is around them: here, the watch over the memory.
 */

import { type Delayed, task } from 'heddle';
import { MemoryWatch } from './memory-watch.ts';

/** 2 MiB: small enough for any machine, large enough to be seen. */
const gobbleLength = 2 ** 18;
const hints = { byReference: ['gobble'], params: ['gobble', 'x', 'y'] };

const watch = new MemoryWatch();

const mul = task((_gobble: Float64Array, x: bigint, y: bigint) => x * y, hints);

const waiting = task((gobble: Float64Array, x: bigint): bigint | Delayed<bigint> => {
  watch.look();
  return x === 0n ? 1n : mul(gobble, waiting(gobble.slice(), x - 1n), x);
}, hints);

const tail = task((gobble: Float64Array, x: bigint, y: bigint): bigint | Delayed<bigint> => {
  watch.look();
  return x === 0n ? y : tail(gobble.slice(), x - 1n, mul(gobble, y, x));
}, hints);

/** Makes the graph of x! in which every product waits, with the arrays that it needs. */
export function factorialHolding(x: bigint): Delayed<bigint> {
  return waiting(new Float64Array(gobbleLength), x);
}

/** Makes the graph of x! by tail calls. */
export function factorialTailHolding(x: bigint): Delayed<bigint> {
  return tail(new Float64Array(gobbleLength), x, 1n);
}

/** Gives the most arrays that were in memory at once since this was asked last. */
export function mostArrays(): number {
  return Math.round(watch.takePeakBytes() / (gobbleLength * Float64Array.BYTES_PER_ELEMENT));
}
