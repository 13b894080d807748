/**
 * One object that is being encoded: which of its members is next, and where its encoding began.
 *
 * Frames stand for the calls of a recursive encoder, so that depth is bounded by memory and not by the stack. They are
 * used again, since an object is encoded in less time than a frame is made.
 */

import type { Step } from '../../base/path.ts';
import type { Hash } from './sha256.ts';

/** What an object is made of, in the order in which it is encoded. */
export interface Members {
  readonly shape: 'list' | 'record' | 'map' | 'set' | 'stand-in';
  /** The elements; keys and values of a map by turns. */
  readonly list: ArrayLike<unknown> & object;
  /** How many elements: that of the moment at which the object was met. */
  readonly length: number;
  /** Names of members, sorted; they come behind the elements. */
  readonly keys: readonly string[];
  /** How many elements make one entry, if the order of entries does not matter. */
  readonly sortedBy?: 1 | 2;
  /** What stands in paths for a stand-in. */
  readonly label?: string;
}

const noMembers: Members = { shape: 'list', list: [], length: 0, keys: [] };
const nothing: object = {};

export class Frame {
  value: object = nothing;
  members: Members = noMembers;
  /** The next member. */
  index = 0;
  /** Where the encoding begins, or what of it is not yet hashed. */
  start = 0;
  /** What was taken out of the writer's memory already; the object is long then. */
  hash: Hash | undefined = undefined;
  hashedBytes = 0;
  /** Where each entry begins, if they are to be sorted. */
  entries: number[] | undefined = undefined;
  /** Indices of a sparse list, once a long hole was met, and how many of them are passed. */
  present: readonly number[] | undefined = undefined;
  passed = 0;
  /** How many objects enclose the outermost one that something inside comes back to; infinite if nothing does. */
  reach: number = Number.POSITIVE_INFINITY;
  /** Whether the object was encoded before, and what was written could not be used again. */
  isRepeat = false;
  /** See `KnownParts.looseCount`. */
  looseBefore = 0;

  open(value: object, members: Members, start: number): void {
    this.value = value;
    this.members = members;
    this.index = 0;
    this.start = start;
    this.hash = undefined;
    this.hashedBytes = 0;
    this.entries = members.sortedBy === undefined ? undefined : [];
    this.present = undefined;
    this.passed = 0;
    this.reach = Number.POSITIVE_INFINITY;
    this.isRepeat = false;
  }

  /** Lets go of what is the user's. */
  clear(): void {
    this.value = nothing;
    this.members = noMembers;
    this.hash = undefined;
    this.entries = undefined;
    this.present = undefined;
  }

  /** The step to the member that was begun last. */
  step(): Step {
    const { shape, list, length, keys, label = '' } = this.members;
    const index = this.index - 1;
    if (index >= length) return keys[index - length] as string;
    switch (shape) {
      case 'map':
        return mapStep(list, index);
      case 'set':
        return { entry: `member ${index}` };
      case 'stand-in':
        return { entry: label };
      default:
        return index;
    }
  }
}

function mapStep(list: ArrayLike<unknown>, index: number): Step {
  if (index % 2 === 0) return { entry: `key ${index / 2}` };
  const key = list[index - 1];
  return { entry: typeof key === 'string' ? `value of '${key}'` : `value ${(index - 1) / 2}` };
}
