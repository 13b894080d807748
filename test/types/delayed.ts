/**
 * Types of delayed values: members, methods, and what JavaScript would do silently wrong.
 */

import { type Delayed, isDelayed, type Maybe, maybe, omit, set, task, tasks } from '../../src/index.ts';
import { holds, type Ran, type Same } from './expect-type.ts';

interface Report {
  readonly title: string;
  readonly lines: readonly string[];
  readonly author?: { name: string };
  total(of: 'lines' | 'words'): number;
  render: (width: number) => Promise<string>;
}
declare const report: Delayed<Report>;
declare const text: Delayed<string>;
declare const numbers: Delayed<number[]>;
declare const pair: Delayed<[number, string]>;
declare const either: Delayed<string | undefined>;
declare const unknown: Delayed<unknown>;
declare const flag: Delayed<boolean>;

// Members, elements and methods are delayed.
holds<Same<typeof report.title, Delayed<string>>>();
const upper = text.toUpperCase();
holds<Same<typeof upper, Delayed<string>>>();
const rendered = report.render(80);
holds<Same<typeof rendered, Delayed<string>>>();
// @ts-expect-error a delayed string is no string
const plainText: string = text;
const title: Delayed<string> = report.title.toUpperCase().slice(0, 3);
const total: Delayed<number> = report.total('lines');
const line: Delayed<string> = report.lines[0] as Delayed<string>;
const second: Delayed<string> = pair[1];
const length: Delayed<number> = numbers.length;
report.render(numbers.length);
text.padEnd(numbers.length, text);
// @ts-expect-error no such member
report.nothing;
// @ts-expect-error no such argument
report.total('pages');
// @ts-expect-error a delayed string is no number
report.render(text);
// @ts-expect-error what is unknown has no members
unknown.member;

// A delayed value is never what it will be, whatever that is; and it is not nothing.
declare const nothing: Delayed<undefined>;
declare const isNull: Delayed<null>;
declare const numberOrText: Delayed<number | string>;
declare const literal: Delayed<'a' | 'b'>;
declare const sign: Delayed<symbol>;
holds<Same<Same<typeof nothing, never>, false>>();
holds<Same<Same<typeof isNull, never>, false>>();
// @ts-expect-error
const notText: string = either;
// @ts-expect-error
const notNothing: undefined = nothing;
// @ts-expect-error
const notNull: null = isNull;
// @ts-expect-error
const notUnion: number | string = numberOrText;
// @ts-expect-error
const notLiteral: 'a' | 'b' = literal;
// @ts-expect-error
const notBoolean: boolean = flag;
// @ts-expect-error
const notSymbol: symbol = sign;
const value: Delayed<string | undefined> = either;
holds<Same<Ran<typeof nothing>, undefined>>();
holds<Same<Ran<typeof either>, string | undefined>>();
holds<Same<Ran<typeof numberOrText>, number | string>>();

// It is not thenable: `await` gives it back.
async function waits(): Promise<void> {
  // oxlint-disable-next-line typescript/await-thenable -- what is tested
  const same = await text;
  holds<Same<typeof same, Delayed<string>>>();
}
// @ts-expect-error `then` is not there
text.then;

// A condition on a delayed value is refused (TS2774).
function branches(): string {
  // oxlint-disable typescript/strict-boolean-expressions -- what is tested
  // @ts-expect-error a delayed value is always truthy
  if (flag) return 'always';
  // @ts-expect-error also as a ternary
  return text ? 'always' : 'never';
  // oxlint-enable typescript/strict-boolean-expressions
}

// Operators, templates aside, are refused.
// @ts-expect-error use ops.add
text + 1;
// @ts-expect-error use ops.mul
numbers.length * 2;
// @ts-expect-error use ops.lt
numbers.length < 2;
// @ts-expect-error a delayed value is not compared with a plain one
text === 'text';
// @ts-expect-error it is not iterable
for (const _item of numbers) break;
// @ts-expect-error nor can it be spread
[...numbers];
// @ts-expect-error nor called, unless it is a function
text();

// Assignment is refused; set and omit give new ones.
// @ts-expect-error read-only
report.title = 'no';
// @ts-expect-error read-only
delete report.author;
const changed = set(report, 'title', text);
holds<Same<typeof changed, Delayed<Report>>>();
// @ts-expect-error no such member
set(report, 'titel', 'no');
// @ts-expect-error of the wrong type
set(report, 'title', 3);
const without = omit(report, 'author');
holds<Same<Ran<typeof without>, Omit<Report, 'author'>>>();

// A function as a value can be called.
const adder = task((a: number) => (b: number) => a + b);
const three: Delayed<number> = adder(1)(2);

// A value that may be a Failure is refused by a task that does not take one.
const { safe, plain, tolerant } = tasks(import.meta, {
  safe: maybe((x: number) => 1 / x),
  plain: (x: number) => x,
  tolerant: maybe(async (x: number, label: string) => `${label}${x}`),
});
safe(safe(1));
tolerant(safe(1), 'a');
// @ts-expect-error a Failure is no number
plain(safe(1));
// @ts-expect-error the arguments of a maybe task are still typed
safe('one');
const kept: Maybe<(x: number) => number> = maybe((x: number) => x);

// isDelayed narrows.
function narrow(value: number | Delayed<number>): void {
  if (isDelayed(value)) value satisfies Delayed<unknown>;
}
