/**
 * Random graphs as plans: each can be built as a graph, and computed by a plain loop without heddle.
 */

import fc from 'fast-check';
import { failed } from '../../src/index.ts';
import { grow, propertyTasks, sizeOf } from '../fixtures/tasks/property-tasks.ts';

/** What an argument is: the value of an earlier step, data, or data with such values in it. */
export type Source =
  | { readonly kind: 'step'; readonly back: number }
  | { readonly kind: 'data'; readonly data: unknown }
  | { readonly kind: 'list'; readonly items: readonly Source[] }
  | { readonly kind: 'record'; readonly a: Source; readonly b: Source };

const operations = [
  'list',
  'size',
  'box',
  'grown',
  'growFirst',
  'later',
  'returns',
  'holds',
  'tail',
  'refusing',
  'safe',
] as const;

/** One call of a graph. */
export interface Step {
  readonly operation: (typeof operations)[number];
  readonly sources: readonly [Source, Source];
}

/** A graph: each step may use those before it. The last ones are its targets. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly targets: number;
}

const data = fc.oneof(
  fc.integer({ min: -100, max: 100 }),
  fc.string({ maxLength: 3 }),
  fc.constantFrom(undefined, null, true),
  fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
  fc.record({ x: fc.array(fc.nat(9), { maxLength: 2 }), y: fc.nat(9) }),
);

const { source } = fc.letrec<{ source: Source }>((tie) => ({
  source: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('step' as const), back: fc.nat(6) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('data' as const), data }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('list' as const),
        items: fc.array(tie('source'), { maxLength: 3 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('record' as const), a: tie('source'), b: tie('source') }),
    },
  ),
}));

/** Any plan, of up to that many steps. `refusing` may fail the run. */
export function plans(mostSteps: number, withFailures: boolean): fc.Arbitrary<Plan> {
  const operation = fc.constantFrom(...operations.filter((name) => withFailures || name !== 'refusing'));
  return fc.record({
    steps: fc.array(fc.record({ operation, sources: fc.tuple(source, source) }), {
      minLength: 1,
      maxLength: mostSteps,
    }),
    targets: fc.integer({ min: 1, max: 3 }),
  });
}

/** Takes a source apart; `valueOf` gives what an earlier step is, counted back from the step itself. */
function resolve(from: Source, valueOf: (back: number) => unknown): unknown {
  switch (from.kind) {
    case 'step':
      return valueOf(from.back);
    case 'data':
      return structuredClone(from.data);
    case 'list':
      return from.items.map((item) => resolve(item, valueOf));
    case 'record':
      return { a: resolve(from.a, valueOf), b: resolve(from.b, valueOf) };
  }
}

/** How many arguments an operation takes, and how it is applied. */
function applied<Result>(
  { operation, sources }: Step,
  valueOf: (back: number) => unknown,
  apply: (operation: Step['operation'], args: unknown[]) => Result,
): Result {
  const [first, second] = sources;
  const a = resolve(first, valueOf);
  const isPair = operation === 'list' || operation === 'growFirst' || operation === 'returns';
  if (operation === 'tail') return apply(operation, [sizeOf(second) % 5, a]);
  return apply(operation, isPair ? [a, resolve(second, valueOf)] : [a]);
}

/** The graph of a plan. */
export function graphOf({ steps, targets }: Plan): unknown {
  const calls: unknown[] = [];
  for (const step of steps) {
    const valueOf = (back: number): unknown => (back < calls.length ? calls[calls.length - 1 - back] : back);
    calls.push(
      applied(step, valueOf, (operation, args) =>
        (propertyTasks[operation] as unknown as (...args: unknown[]) => unknown)(...args),
      ),
    );
  }
  return calls.slice(-targets);
}

/** Copies data with its shared parts, as each call is given a copy. A failure is never changed. */
function copyOf(value: unknown, copies = new Map<unknown, unknown>()): unknown {
  if (typeof value !== 'object' || value === null || failed(value)) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    copies.set(value, list);
    for (const item of value) list.push(copyOf(item, copies));
    return list;
  }
  if (value instanceof Map) {
    const map = new Map<unknown, unknown>();
    copies.set(value, map);
    for (const [key, member] of value) map.set(key, copyOf(member, copies));
    return map;
  }
  const record: Record<string, unknown> = {};
  copies.set(value, record);
  for (const [key, member] of Object.entries(value)) record[key] = copyOf(member, copies);
  return record;
}

/** What a step gives, by plain JavaScript. */
function compute(operation: Step['operation'], args: unknown[]): unknown {
  const [a, b] = args;
  switch (operation) {
    case 'list':
    case 'returns':
      return args;
    case 'size':
      return sizeOf(a);
    case 'box':
      return { boxed: a, again: [a] };
    case 'grown':
      return grow(a);
    case 'growFirst':
      grow(a);
      return [a, b];
    case 'later':
      return a;
    case 'holds':
      return { inner: [copyOf(a)], map: new Map([['size', sizeOf(a)]]), value: a };
    case 'tail':
      return b;
    case 'refusing':
    case 'safe':
      return propertyTasks[operation].fn(a);
  }
}

/** Which steps the targets need, themselves included. */
function neededSteps({ steps, targets }: Plan): ReadonlySet<number> {
  const needed = new Set<number>();
  const open = steps.map((_, index) => index).slice(-targets);
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (needed.has(index)) continue;
    needed.add(index);
    const at = index;
    applied(
      steps[at] as Step,
      (back) => {
        if (back < at) open.push(at - 1 - back);
        return undefined;
      },
      () => undefined,
    );
  }
  return needed;
}

/** What a plan gives, one step after another; steps that no target needs are left out, as a run does. */
export function outcomeOf(plan: Plan): { readonly value: unknown } | { readonly fails: true } {
  const needed = neededSteps(plan);
  const values: unknown[] = [];
  try {
    plan.steps.forEach((step, index) => {
      if (!needed.has(index)) {
        values.push(undefined);
        return;
      }
      const valueOf = (back: number): unknown => (back < index ? copyOf(values[index - 1 - back]) : back);
      values.push(applied(step, valueOf, compute));
    });
  } catch {
    return { fails: true };
  }
  return { value: plain(values.slice(-plan.targets)) };
}

/** Data to compare: of a failure its report alone, without places. */
export function plain(value: unknown): unknown {
  if (failed(value)) return { failed: value.reason, causes: value.failedArguments.length };
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [key, plain(member)]));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
  }
  return value;
}
