/**
 * Types of loops with a bar: the kind of the input, and its items.
 */

import type { ProgressAsyncIterable, ProgressIterable } from '../../src/progress/loop.ts';
import { openProgress } from '../../src/progress/open-bar.ts';
import { progress } from '../../src/progress/progress.ts';
import { holds, type Same } from './expect-type.ts';

declare const later: AsyncIterable<Date>;
const numbers = progress([1, 2], { desc: 'x', unit: 'page' });
holds<Same<typeof numbers, ProgressIterable<number>>>();
const entries = progress(new Map([[1, 'a']]));
holds<Same<typeof entries, ProgressIterable<[number, string]>>>();
const dates = progress(later);
holds<Same<typeof dates, ProgressAsyncIterable<Date>>>();
numbers.postfix = { loss: 0.1 };
numbers.postfix = 'text';
holds<Same<typeof numbers.size, number | undefined>>();

// @ts-expect-error A number is not iterable.
progress(5);
// @ts-expect-error An asynchronous input stays so.
for (const date of progress(later)) date;
// @ts-expect-error There is no such option.
openProgress({ totals: 5 });
