/** What a run and a task may be told: a name or a kind that is wrong is refused at once, saying what was meant. */

import { describe, expect, test } from 'vitest';
import {
  conditional,
  delay,
  fold,
  gather,
  hint,
  lift,
  map,
  openInline,
  type RunOptions,
  run,
  task,
  tasks,
  unpack,
} from '../../src/index.ts';

const add = task((a: number, b: number) => a + b, { name: 'add' });
let count = 0;
const tick = task(() => ++count, { name: 'tick' });

/** Runs a call with options that the types refuse; tells with what it was refused, and that nothing ran. */
async function refusal(options: unknown): Promise<Error> {
  const before = count;
  const error: unknown = await run(tick(), options as RunOptions).then(
    () => new Error('it was run'),
    (thrown: unknown) => thrown,
  );
  expect(count).toBe(before);
  return error as Error;
}

describe('run() refuses', () => {
  test.each([
    ['thread', 'threads'],
    ['Threads', 'threads'],
    ['treads', 'threads'],
    ['concurency', 'concurrency'],
    ['sink', 'sinks'],
    ['signals', 'signal'],
    ['resource', 'resources'],
    ['exectuor', 'executor'],
    ['failures', 'failure'],
  ])("the option '%s', and names '%s'", async (name, meant) => {
    const error = await refusal({ [name]: 2 });
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(`Cannot run as there is no option '${name}'\n  '${meant}' was probably meant`);
  });

  test('an option like no other, and names all', async () => {
    const error = await refusal({ verbosity: 2 });
    expect(error.message).toMatch(/no option 'verbosity'\n {2}the options are executor, threads, /);
  });

  test.each([null, 3, 'threads', () => 1])('%s in the place of options', async (options) => {
    const error = await refusal(options);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/^Cannot run as the options must be an object: received /);
  });

  const sink = { emit: (): void => undefined };
  test.each<[string, unknown, RegExp]>([
    [
      'signal',
      new AbortController(),
      /^Cannot run as 'signal' must be an AbortSignal: received AbortController/,
    ],
    ['signal', null, /^Cannot run as 'signal' must be an AbortSignal: received null/],
    ['signal', 100, /^Cannot run as 'signal' must be an AbortSignal: received 100/],
    ['sinks', null, /^Cannot run as each of 'sinks' must have a method 'emit': received null/],
    ['sinks', () => undefined, /^Cannot run as each of 'sinks' must have a method 'emit': received function/],
    ['sinks', [sink, {}], /^Cannot run as each of 'sinks' must have a method 'emit': received \{\}/],
    ['sinks', [undefined], /^Cannot run as each of 'sinks' must have a method 'emit': received undefined/],
    ['sinks', 'terminal', /^Cannot run as each of 'sinks' must have a method 'emit': received 'terminal'/],
    ['executor', null, /^Cannot run as 'executor' must be an executor: received null/],
    ['executor', {}, /^Cannot run as 'executor' must be an executor: received \{\}/],
    ['executor', openInline, /^Cannot run as 'executor' must be an executor: received function openInline/],
    ['executor', 'threads', /^Cannot run as 'executor' must be an executor: received 'threads'/],
    ['resources', null, /^Cannot run as 'resources' must be an object/],
    ['resources', 3, /^Cannot run as 'resources' must be an object/],
    ['resources', { gpu: -1 }, /^Cannot run as the resource 'gpu' must be .* at least 0: received -1/],
    ['resources', { gpu: Number.NaN }, /^Cannot run as the resource 'gpu' must be .*: received NaN/],
    ['resources', { gpu: '2' }, /^Cannot run as the resource 'gpu' must be .*: received/],
    ['resources', { gpu: Number.POSITIVE_INFINITY }, /^Cannot run as the resource 'gpu' must be a finite/],
    ['threads', '2', /'workers' must be a positive integer: received/],
    ['threads', null, /'workers' must be a positive integer: received null/],
    ['concurrency', '2', /'concurrency' must be a positive integer: received/],
    ['failure', null, /^Cannot run as 'failure' must be one of/],
    ['failure', 'stop', /^Cannot run as 'failure' must be one of/],
  ])("a wrong kind of '%s': %o", async (name, value, message) => {
    expect((await refusal({ [name]: value })).message).toMatch(message);
  });

  test('the same for plain data, which needs no run', async () => {
    await expect(run([1], { thread: 2 } as never)).rejects.toThrow(/'threads' was probably meant/);
  });
});

test('run() takes a list of sinks of any kind, and options that are undefined', async () => {
  const told: string[] = [];
  class Sink {
    emit({ kind }: { kind: string }): void {
      told.push(kind);
    }
  }
  const options = { sinks: [new Sink()], signal: undefined, executor: undefined, threads: undefined };
  expect(await run(add(1, 2), options as object)).toBe(3);
  expect(told.at(-1)).toBe('run-settled');
});

describe('a task and hint() refuse', () => {
  const misspelt: readonly (readonly [string, string])[] = [
    ['retry', 'retries'],
    ['timeout', 'timeoutMs'],
    ['timeoutms', 'timeoutMs'],
    ['Priority', 'priority'],
    ['resource', 'resources'],
    ['exclusiv', 'exclusive'],
    ['byRefrence', 'byReference'],
    ['param', 'params'],
  ];

  test.each(misspelt)("the hint '%s', and name '%s'", (name, meant) => {
    const hints = { [name]: 1 } as never;
    const message = `there is no option '${name}'\n  '${meant}' was probably meant`;
    expect(() => task(() => 1, hints)).toThrow(message);
    expect(() => add.with(hints)).toThrow(`Cannot give task 'add' hints as ${message}`);
    expect(() => hint(add(1, 2), hints)).toThrow(`Cannot give a call of task 'add' hints as ${message}`);
    expect(() => tasks({ url: `file:///${name}.ts` }, { wrong: task(() => 1, hints) })).toThrow(message);
  });

  test.each([null, 3, 'fast'])('%s in the place of hints', (hints) => {
    expect(() => task(() => 1, hints as never)).toThrow(TypeError);
    expect(() => add.with(hints as never)).toThrow(/must be an object: received/);
    expect(() => hint(add(1, 2), hints as never)).toThrow(/must be an object: received/);
  });

  test.each<[string, unknown]>([
    ['name', ''],
    ['name', 3],
    ['priority', '5'],
    ['priority', Number.NaN],
    ['priority', null],
    ['exclusive', 3],
    ['timeoutMs', 0],
    ['timeoutMs', '100'],
    ['timeoutMs', Number.NaN],
    ['retries', -1],
    ['retries', 1.5],
    ['retries', '3'],
    ['retries', null],
    ['retries', { retries: 1, factor: -1 }],
    ['retries', { retries: 1, minTimeoutMs: Number.NaN }],
    ['resources', 3],
    ['resources', { gpu: -1 }],
    ['resources', { gpu: '1' }],
    ['display', 3],
    ['byReference', 'data'],
    ['confirm', 'yes'],
    ['params', 'a'],
  ])("a wrong kind of '%s': %o, naming it", (name, value) => {
    const hints = { [name]: value } as never;
    const message = new RegExp(`Cannot give task .*'${name}`);
    expect(() => add.with(hints)).toThrow(message);
    expect(() => hint(add(1, 2), hints)).toThrow(new RegExp(`Cannot give a call of task 'add' .*'${name}`));
  });
});

describe("hint() on a call of heddle's own refuses what the host would ignore", () => {
  const pair = task(() => [1, 2] as const)();
  const hints = { timeoutMs: 5, retries: 1, resources: { gpu: 1 }, exclusive: 'disk' } as const;
  test.each<[string, () => unknown, string]>([
    ['map', () => map((x: number) => x, [1]), '.+'],
    ['fold', () => fold((s: number, x: number): [number, number] => [s, x], 0, [1]), '.+'],
    ['gather', () => gather(add(1, 2)), 'gather'],
    ['lift', () => lift({ sum: add(1, 2) }), 'lift'],
    ['conditional', () => conditional(true, add(1, 2)), 'conditional'],
    ['unpack', () => unpack(pair, 2)[0], 'unpack'],
    ['a member', () => pair.length, '.+'],
    ['a method', () => pair.slice(1), '.+'],
    ['delay', () => delay(3), '.+'],
  ])('%s', (_, build, name) => {
    for (const key of Object.keys(hints) as (keyof typeof hints)[]) {
      const message = new RegExp(
        `Cannot give a call of '${name}' the hint '${key}' as it is heddle's own[\\s\\S]*give it to the task`,
      );
      expect(() => hint(build() as never, { [key]: hints[key] })).toThrow(message);
    }
  });

  test('and takes a priority', async () => {
    expect(await run(hint(gather(add(1, 2)), { priority: 3 }))).toEqual([3]);
  });
});
