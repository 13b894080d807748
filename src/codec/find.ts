/**
 * Finding something inside nested data, with the way to it.
 *
 * Looks where data is: elements, own enumerable data properties (never getters), entries of maps and
 * sets. Iterative, cycle-safe, and bounded, since it is run on whatever users pass.
 */

import type { Step } from '../base/path.ts';

/** Something found, and the way to it from where the search began. */
export interface Found {
  readonly value: unknown;
  readonly steps: readonly Step[];
}

export interface FindOptions {
  /**
   * The most objects looked into. Beyond it the search ends without a finding.
   *
   * @defaultValue 10,000 – arbitrary: some milliseconds
   */
  readonly most?: number;
}

interface Place {
  readonly value: object;
  readonly from: Place | undefined;
  readonly step: Step | undefined;
}

/** Finds the first value, breadth first, that `matches`; it is not looked into any deeper. */
export function findInside(
  root: unknown,
  matches: (value: unknown) => boolean,
  { most = 10_000 }: FindOptions = {},
): Found | undefined {
  if (matches(root)) return { value: root, steps: [] };
  if (typeof root !== 'object' || root === null) return undefined;
  const places: Place[] = [{ value: root, from: undefined, step: undefined }];
  const seen = new Set<object>([root]);
  for (let next = 0; next < places.length && next < most; next++) {
    const place = places[next] as Place;
    for (const [step, member] of membersOf(place.value)) {
      if (matches(member)) return { value: member, steps: [...stepsTo(place), step] };
      if (typeof member !== 'object' || member === null || seen.has(member)) continue;
      seen.add(member);
      places.push({ value: member, from: place, step });
    }
  }
  return undefined;
}

function stepsTo(place: Place): Step[] {
  const steps: Step[] = [];
  for (let at: Place | undefined = place; at?.step !== undefined; at = at.from) steps.push(at.step);
  return steps.reverse();
}

function* membersOf(value: object): Generator<[Step, unknown]> {
  if (ArrayBuffer.isView(value)) return;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) yield [i, value[i]];
    return;
  }
  if (value instanceof Map) {
    let i = 0;
    for (const [key, member] of value) {
      yield [{ entry: `key ${i}` }, key];
      yield [typeof key === 'string' ? { entry: `value of '${key}'` } : { entry: `value ${i}` }, member];
      i++;
    }
  }
  if (value instanceof Set) {
    let i = 0;
    for (const member of value) yield [{ entry: `member ${i++}` }, member];
  }
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property?.enumerable === true && 'value' in property) yield [key, property.value];
  }
}
