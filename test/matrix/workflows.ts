/**
 * The workflows of the matrix: each makes a graph, and says what a run of it gives.
 *
 * What is expected is what a run in this thread gives, compared by pictures: with classes, holes and what is shared.
 * Only where that depends on where calls run, by what the guide says, does a workflow have `elsewhere`.
 */

import {
  all,
  any,
  conditional,
  type Delayed,
  delay,
  every,
  filter,
  findFirst,
  fold,
  gather,
  gatherAll,
  gatherObject,
  hint,
  lift,
  map,
  omit,
  ops,
  quote,
  type RunBehaviour,
  reduce,
  set,
  treeReduce,
  unpack,
  unquote,
  zipWith,
} from '../../src/index.ts';
import { folderForTest } from '../pool/gate.ts';
import {
  Account,
  add,
  alwaysFails,
  append,
  applied,
  balances,
  chosen,
  collatz,
  countDown,
  deposit,
  divmod,
  either,
  fail,
  failAggregate,
  failLater,
  failOwn,
  failWith,
  fibonacci,
  flaky,
  isEven,
  isEvenLater,
  join,
  later,
  lengthOf,
  makeAccount,
  makeBytes,
  makeText,
  makeUnknown,
  makeVector,
  mul,
  nested,
  never,
  neverOrFailure,
  once,
  plus,
  quotedSum,
  reciprocal,
  report,
  running,
  same,
  sameClass,
  say,
  sayError,
  sayMany,
  sayTwice,
  seen,
  stat,
  staying,
  sum,
  sumBytes,
  sumTo,
  tell,
  total,
  tree,
  twice,
  Unknown,
  Vector,
  withResource,
} from './tasks.ts';

/** What a run gives: a value, or what it is rejected with. */
export type Expected = { readonly value: unknown } | { readonly reason: string; readonly message: RegExp };

export interface Workflow {
  /** What it tries. */
  readonly name: string;
  /** Makes the graph. Asked anew for each run, as what is made in it may be used up. */
  graph(): unknown;
  readonly options?: RunBehaviour;
  /** What a run in this thread gives, where it can be written down. */
  readonly here?: Expected;
  /** What a run gives when calls run in workers, and why that differs. */
  readonly elsewhere?: Expected & { readonly why: string };
  /** Calls print at the same time, so that the order of their lines is not known. */
  readonly printsInAnyOrder?: boolean;
  /** Nothing is delayed in it, so there is no run to tell of. */
  readonly isPlain?: boolean;
  /** How many slots of the executor a call needs; 1 if not given. Executors that have fewer refuse it. */
  readonly slots?: number;
}

const oneMegabyte = 2 ** 20;
const numbers = (length: number): number[] => Array.from({ length }, (_, i) => i);
const value = (expected: unknown): Expected => ({ value: expected });
const throws = (message: RegExp, reason = 'threw'): Expected => ({ reason, message });

const sharedPart = { n: 1 };
const cyclic: { self?: unknown; map: Map<string, unknown> } = { map: new Map() };
cyclic.self = cyclic;
cyclic.map.set('me', cyclic);
// oxlint-disable-next-line no-sparse-arrays -- holes are what is tried.
const holes = [1, , undefined, ,];

/** A record without a prototype, which holds itself, and a member with the name of one. */
const bare = Object.assign(Object.create(null) as Record<string, unknown>, { a: 1, b: { c: [2] } });
bare['self'] = [bare];
bare['__proto__'] = { odd: true };

/** It looks like what heddle packs values in, and holds itself. */
const escaped: Record<string, unknown> = { '#heddle': 'buffer', data: [1] };
escaped['self'] = escaped;

/** Values that workers get and give as they are. */
const values: Readonly<Record<string, unknown>> = {
  primitives: [undefined, null, true, '', 'ä€𝄞', 12n, -(2n ** 70n), 1.5, Number.MAX_VALUE],
  'numbers that are not alike': [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  holes,
  'maps and sets': new Map<unknown, unknown>([
    [{ a: 1 }, new Set(['a', 2n, new Set()])],
    [Number.NaN, new Map([[-0, 'zero']])],
  ]),
  dates: [new Date(1e12), new Date(Number.NaN)],
  patterns: [/a\/b/gi, /x/u],
  'typed arrays': [
    new Uint8Array([1, 2]),
    new Float64Array([0.5, -0]),
    new BigInt64Array([-1n]),
    new DataView(new ArrayBuffer(3)),
  ],
  'a part of a buffer': new Uint8Array([1, 2, 3, 4]).subarray(1, 3),
  Buffers: [Buffer.from('short'), { large: Buffer.alloc(10_000, 'x') }, Buffer.alloc(0)],
  'an array buffer': new Uint8Array([5, 6]).buffer,
  'records without a class': [bare, { groups: /(?<a>x)/.exec('x')?.groups }],
  'a record that looks like one of ours': escaped,
  'a record with odd names': JSON.parse(
    '{"__proto__": {"a": 1}, "constructor": 1, "2": 2, "then": 3, "": 4}',
  ) as unknown,
  'boxed primitives': [new String('a'), new Number(-0), new Boolean(false)],
  errors: [
    Object.assign(new TypeError('kept', { cause: new RangeError('why', { cause: 5 }) }), {
      code: 'E_KEPT',
      at: [1],
    }),
    new AggregateError([new Error('one'), 'two'], 'both'),
  ],
};

const ofValues: readonly Workflow[] = [
  ...Object.entries(values).map(([name, kept]) => ({
    name: `values that cross as they are: ${name}`,
    graph: () => [same(kept), seen(kept), same(same({ inside: [kept] })), delay(kept)],
  })),
  {
    name: 'values that cross as they are: what is shared in them',
    graph: () => [same([sharedPart, { again: sharedPart }]), seen(sharedPart, [sharedPart, sharedPart])],
  },
  {
    name: 'values that cross as they are: cycles',
    graph: () => [same(cyclic), seen(cyclic)],
  },
  {
    name: 'values that cross as they are: 1 MB in and out',
    graph: () => {
      const bytes = makeBytes(oneMegabyte);
      return [
        bytes,
        sumBytes(bytes),
        same(bytes),
        makeText(oneMegabyte),
        join(makeText(oneMegabyte), 'end').length,
      ];
    },
  },
  {
    name: 'each call has a copy of its own',
    graph: () => {
      const list = same([0]) as Delayed<number[]>;
      return [append(list, 1), append(list, 2), list, append(append(list, 3), 4)];
    },
    here: value([[0, 1], [0, 2], [0], [0, 3, 4]]),
  },
  {
    name: 'arguments are those of when the call was made',
    graph: () => {
      const list = [1, 2];
      const before = sum(list);
      list.push(3);
      return [before, sum(list), sum.with({ byReference: true })(list)];
    },
    here: value([3, 6, 6]),
  },
];

const ofInstances: readonly Workflow[] = [
  {
    name: 'instances as arguments and results',
    graph: () => plus(makeVector(3, 4), new Vector(1, 1)),
    here: value(new Vector(4, 5)),
  },
  {
    name: 'members and methods of delayed instances',
    graph: () => {
      const vector = makeVector(3, 4);
      return [
        vector.length,
        vector.plus(new Vector(1, 2)).x,
        lengthOf(vector.plus(makeVector(1, 1))),
        vector.y,
      ];
    },
    here: value([5, 4, Math.hypot(4, 5), 4]),
  },
  {
    name: 'instances with private members, deep in data',
    graph: () => [
      same({ accounts: [makeAccount('a', 5n), { other: new Account('b', 6n) }] }),
      balances(new Map([['first', new Account('c', 7n)]])),
      makeAccount('d', 2n ** 70n).cents,
    ],
  },
  {
    name: 'instances are of the class that the task knows',
    graph: () => sameClass(makeVector(1, 2), new Vector(3, 4)),
    here: value(true),
  },
  {
    name: 'an instance that a call changes',
    graph: () => {
      const account = new Account('a', 1n);
      const more = deposit(account, 5n);
      return [deposit(more, 5n).cents, delay(account).cents];
    },
    here: value([11n, 1n]),
    elsewhere: { why: 'instances are passed as they are within a thread', ...value([11n, 1n]) },
  },
  {
    name: 'an instance without a codec as an argument',
    graph: () => same(new Unknown()),
    here: value(new Unknown()),
    elsewhere: { why: 'it would lose its class', ...throws(/'Unknown'/, 'not-cloneable') },
  },
  {
    name: 'an instance without a codec as a result',
    graph: () => makeUnknown(),
    here: value(new Unknown()),
    elsewhere: { why: 'it would lose its class', ...throws(/'Unknown'/, 'not-cloneable') },
  },
  {
    name: 'a function as an argument',
    graph: () => same({ deep: [Math.max] }),
    here: value({ deep: [Math.max] }),
    elsewhere: { why: 'functions stay where they are', ...throws(/'max' is a function/, 'not-cloneable') },
  },
  {
    name: 'a task that stays in its process',
    graph: () => staying(add(1, 2)),
    here: value(4),
    elsewhere: { why: 'workers cannot find it', ...throws(/'staying'/, 'not-loadable') },
  },
];

const ofCombinators: readonly Workflow[] = [
  {
    name: 'gather(), with plain values',
    graph: () => gather(add(1, 2), 'plain', gather()),
    here: value([3, 'plain', []]),
  },
  { name: 'gatherAll()', graph: () => gatherAll(new Set([later(1), later(2)])), here: value([1, 2]) },
  { name: 'gatherObject()', graph: () => gatherObject({ a: mul(2, 3), b: 5 }), here: value({ a: 6, b: 5 }) },
  {
    name: 'unpack()',
    graph: () => {
      const [quotient, rest] = unpack(divmod(17, 5), 2);
      return { quotient, rest: add(rest, quotient) };
    },
    here: value({ quotient: 3, rest: 5 }),
  },
  {
    name: 'unpack() of a list that is too short',
    graph: () => unpack(divmod(17, 5) as Delayed<number[]>, 3)[0],
    here: throws(/the list is shorter: received 2/),
  },
  {
    name: 'lift() of maps, sets and records, also cyclic ones',
    graph: () => {
      const data: { self?: unknown; deep: unknown } = {
        deep: [new Map([['x', add(1, 2)]]), new Set([mul(2, 2), 1])],
      };
      data.self = data;
      return lift(data);
    },
  },
  {
    name: 'delayed values inside of arguments',
    graph: () => [sum([add(1, 2), 4]), seen({ a: [later(1)], b: new Map([['k', later(2)]]) } as never)],
  },
  {
    name: 'conditional() runs the chosen branch only',
    graph: () => [
      conditional(isEven(later(2)), once(1), once(2)),
      conditional(isEven(3), fail('never run'), once(3)),
      conditional(isEven(5), 'plain'),
    ],
    here: value([1, 3, undefined]),
  },
  {
    name: 'all(), any(), every(), by tasks and by functions',
    graph: () => [
      all(isEven, [2, later(4)]),
      every(isEvenLater, [2, 3]),
      any((x: number) => isEven(x), [1, 3, later(6)]),
      any(isEven, []),
      all(async (x: number) => x > 1, [later(2), 3]),
    ],
    here: value([true, false, true, false, true]),
  },
  {
    name: 'findFirst() looks no further than the first',
    graph: () => [
      findFirst(isEven, [once(1), once(2), once(3)]),
      findFirst(isEvenLater, [1, 3], { otherwise: 'none' }),
      findFirst((x: number) => x > 9, gather(1, 2) as Delayed<number[]>),
    ],
    here: value([2, 'none', undefined]),
  },
  {
    name: 'filter(), map() and zipWith(), of lists that are known and delayed',
    graph: () => {
      const list = nested([1, 2, 3, 4]);
      return [
        filter(isEven, list),
        filter((x: number) => x > 2, [1, later(3)]),
        map(later, list),
        map((x: number) => mul(x, 10), [1, 2]),
        zipWith(add, list, [10, later(20)]),
        map(async (x: number) => x + 1, []),
      ];
    },
    here: value([[4, 16], [3], [1, 4, 9, 16], [10, 20], [11, 24], []]),
  },
  { name: 'fold()', graph: () => fold(running, 0, [1, later(2), 3]), here: value(['0+1', '1+2', '3+3']) },
  {
    name: 'reduce() keeps the order',
    graph: () => [
      reduce(join, ['a', 'b', 'c', 'd']),
      reduce(join, [], 'none'),
      reduce(add, nested([1, 2]), 10),
    ],
    here: value(['abcd', 'none', 15]),
  },
  {
    name: 'treeReduce() keeps the order',
    graph: () => [
      treeReduce(
        join,
        numbers(20).map((n) => join(String(n), '.')),
      ),
      treeReduce(add, [], 0),
    ],
    here: value([
      numbers(20)
        .map((n) => `${n}.`)
        .join(''),
      0,
    ]),
  },
  {
    name: 'reduce() of an empty list',
    graph: () => reduce(add, filter(isEven, [later(1)])),
    here: throws(/the list is empty/),
  },
  {
    name: 'quote() and unquote()',
    graph: () => {
      const sharedCall = once(5);
      return [
        either(true, quote(add(sharedCall, 1)), quote(fail('never run'))),
        either(false, quote(fail('never run')), quotedSum(3, 4)),
        map((quoted: ReturnType<typeof quotedSum.fn>) => unquote(quoted), [quotedSum(1, 1)]),
        sharedCall,
      ];
    },
    here: value([6, 7, [2], 5]),
  },
  {
    name: 'set() and omit()',
    graph: () => {
      const file = stat('/etc/hosts');
      return [
        set(file, 'size', mul(2, 3)),
        omit(set(file, 'path', 'p'), 'nested'),
        set(omit(file.tags, 0), 0, 'z'),
        file,
      ];
    },
  },
  {
    name: 'set() of an instance',
    graph: () => set(makeVector(1, 2), 'x', 3),
    here: throws(/an instance of class Vector/),
  },
  {
    name: 'members, elements and methods of delayed values',
    graph: () => {
      const file = stat('/etc/hosts');
      return [
        file.path.toUpperCase(),
        file.tags[1],
        file.nested.deep[1],
        file.tags.map((tag: string) => `${tag}!`),
        delay('if music be').padStart(20, '.').length,
        delay(new Map([['a', 1]])).get('a'),
        ops.add(file.size, 1),
      ];
    },
  },
  {
    name: 'a member of what has none',
    graph: () => (stat('x') as unknown as Delayed<{ none: { deep: number } }>).none.deep,
  },
];

const ofGraphs: readonly Workflow[] = [
  {
    name: 'a diamond runs what is shared once',
    graph: () => {
      const u = once(9);
      return add(add(u, 12), mul(u, 2));
    },
    here: value(39),
  },
  {
    name: 'a lattice of shared calls',
    graph: () => {
      let row: (number | Delayed<number>)[] = numbers(8);
      for (let depth = 0; depth < 8; depth++)
        row = row.map((x, i) => ((i + depth) % 3 === 0 ? later(x) : add(x, row[(i + 1) % 8] as number)));
      return row;
    },
  },
  {
    name: '2,000 tiny calls',
    graph: () => numbers(1000).map((n) => add(n, mul(n, 2))),
    here: value(numbers(1000).map((n) => 3 * n)),
  },
  { name: '1,000 tail calls', graph: () => countDown(1000), here: value(0) },
  { name: 'tail calls that branch', graph: () => collatz(27, 0), here: value(111) },
  { name: 'a recursion in which each call waits for the next', graph: () => sumTo(200), here: value(20_100) },
  { name: 'fibonacci', graph: () => fibonacci(10), here: value(55) },
  {
    name: 'tasks that give data with calls of other tasks in it',
    graph: () => tree(3),
    here: value({ depth: 3, branches: [{ depth: 2, branches: [{ depth: 1, branches: [7, 2] }, 4] }, 6] }),
  },
  {
    name: 'a run that needs no call',
    isPlain: true,
    graph: () => ({ plain: [1, new Map([['a', 1]])] }),
    here: value({ plain: [1, new Map([['a', 1]])] }),
  },
  {
    name: 'tasks as arguments and results',
    graph: () => [
      twice(later, 4),
      applied(chosen('mul'), 6, 7),
      applied(add, later(1), 2),
      (chosen('add') as unknown as (a: number, b: number) => Delayed<number>)(2, 3),
    ],
    here: value([4, 42, 3, 5]),
  },
  {
    name: 'exclusive calls do not overlap',
    graph: () => numbers(6).map((n) => sayTwice(n)),
    here: value(numbers(6)),
  },
  {
    name: 'resources, with as many as there are',
    graph: () => numbers(6).map((n) => withResource(n)),
    options: { resources: { licence: 2 } },
    here: value(numbers(6).map((n) => 2 * n)),
  },
  {
    name: 'calls that need two slots',
    graph: () => [hint(later(1), { resources: { threads: 2 } }), later(2)],
    slots: 2,
    here: value([1, 2]),
  },
  {
    name: 'priorities',
    graph: () => numbers(5).map((n) => hint(later(n), { priority: n, name: `later ${n}` })),
    here: value(numbers(5)),
  },
];

const ofFailures: readonly Workflow[] = [
  {
    name: 'an error with its class, code and cause, and the way to it',
    graph: () => add(1, mul(2, fail('no such thing'))),
    here: throws(/no such thing/),
  },
  { name: 'an asynchronous error', graph: () => [later(1), failLater('later')], here: throws(/later/) },
  ...[undefined, 'text', 0, { frozen: true }].map((thrown) => ({
    name: `what is thrown and no error: ${JSON.stringify(thrown)}`,
    graph: () => failWith(thrown),
  })),
  { name: 'an error of several', graph: () => failAggregate(), here: throws(/both/) },
  {
    name: 'an error of a class of its own',
    graph: () => failOwn(),
    here: throws(/OutOfPaperError: no paper/),
    elsewhere: {
      why: 'an error comes with its class if it is one of JavaScript’s own',
      ...throws(/OutOfPaperError: no paper/),
    },
  },
  {
    name: 'failures as values, with all causes',
    graph: () => {
      const failures = [reciprocal(reciprocal(0)), reciprocal(4), reciprocal(0)];
      return [failures, total(failures as never), report(failures as never), total([1, 2])];
    },
  },
  {
    name: 'failures as values: errors are arguments of no call',
    graph: () => same(reciprocal(0) as never),
  },
  { name: 'retries that help', graph: () => flaky(folderForTest()), here: value(3) },
  { name: 'retries that do not', graph: () => alwaysFails(), here: throws(/failed after 3 attempts/) },
  { name: 'a call that takes too long', graph: () => never(), here: throws(/more than 30 ms/, 'timed-out') },
  { name: 'a call that takes too long, as a failure', graph: () => neverOrFailure() },
  {
    name: 'a failed call, when the run carries on',
    graph: () => [fail('no'), once(1), add(once(2), later(3))],
    options: { failure: 'carry-on' },
    here: throws(/no/),
  },
];

const ofOutput: readonly Workflow[] = [
  {
    name: 'printed lines of calls that wait for each other',
    graph: () => sayError(say(join(say('first'), ' and second'))),
    here: value('first and second'),
  },
  {
    name: 'printed lines of calls at the same time',
    graph: () => ['a', 'b', 'ä€', ''].map((text) => [say(text), sayError(`${text}!`)]),
    printsInAnyOrder: true,
  },
  { name: 'many printed lines, in order', graph: () => sayMany(500), here: value(500) },
  { name: 'what calls tell while they run', graph: () => tell(), here: value('tell') },
];

/** All of them. A new one goes into the list that it fits. */
export const workflows: readonly Workflow[] = [
  ...ofValues,
  ...ofInstances,
  ...ofCombinators,
  ...ofGraphs,
  ...ofFailures,
  ...ofOutput,
];
