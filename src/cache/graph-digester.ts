/**
 * Digests arguments in which calls stand, or quoted graphs.
 */

import { Digester } from '../codec/canonical/digester.ts';
import { Call, Quoted } from '../task/call.ts';
import { isDelayed } from '../task/delayed.ts';
import type { CallKeys } from './call-key.ts';

/** @param standIn - gives what stands for a call, a quoted graph, or a delayed value */
export function wholeDigester(keys: CallKeys, standIn: (part: object) => unknown): Digester {
  return new Digester([
    {
      kind: 'heddle/graph',
      matches: (value) => value instanceof Call || value instanceof Quoted || isDelayed(value),
      parts: (value: object) => standIn(value),
    },
    ...keys.kinds,
  ]);
}
