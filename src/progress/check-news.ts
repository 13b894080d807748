/**
 * Looks at what another process says of its bars: bars are drawn later, by a timer, where nobody would catch an error.
 */

import type { BarNews } from './sent-bars.ts';

type Members = Readonly<Record<string, unknown>>;

/** By its members: the types of their values. */
const stateTypes: Readonly<Record<string, readonly string[]>> = {
  desc: ['string'],
  postfix: ['string'],
  done: ['number'],
  total: ['number', 'undefined'],
  latelyPerSecond: ['number', 'undefined'],
  elapsedMs: ['number'],
  hasEnded: ['boolean'],
};
const formTypes: Readonly<Record<string, readonly string[]>> = {
  unit: ['string'],
  unitScale: ['number', 'boolean'],
  unitDivisor: ['number'],
  initial: ['number'],
  minIntervalMs: ['number'],
  leave: ['boolean'],
  disable: ['boolean', 'undefined'],
  width: ['number'],
};

/** @throws {TypeError} If it is no news of a bar. */
export function checkNews(news: unknown): BarNews {
  const { id, form, state } = membersOf(news);
  if (typeof id !== 'number') throw notNews('id', id);
  if (form !== undefined) check(membersOf(form), formTypes);
  const members = membersOf(state);
  check(members, stateTypes);
  const { drawn } = members;
  if (drawn !== undefined && !(Array.isArray(drawn) && drawn.length < mostSpans && isLine(drawn)))
    throw notNews('drawn', drawn);
  return news as BarNews;
}

/** Of a line. Arbitrary: more than any screen shows. */
const mostSpans = 1000;

function isLine(line: readonly unknown[]): boolean {
  return line.every((span) => {
    const { text, tone, shrinks } = membersOf(span);
    return typeof text === 'string' && typeof tone === 'string' && typeof shrinks === 'boolean';
  });
}

function check(members: Members, types: typeof stateTypes): void {
  for (const [name, some] of Object.entries(types)) {
    const value = members[name];
    if (!some.includes(typeof value)) throw notNews(name, value);
  }
}

function membersOf(value: unknown): Members {
  if (typeof value !== 'object' || value === null) throw notNews('bar', value);
  return value as Members;
}

function notNews(name: string, value: unknown): TypeError {
  return new TypeError(`Cannot show a bar as its '${name}' is of another type: received ${typeof value}`);
}
