/**
 * The matrix: each workflow gives on each executor what it gives in this thread.
 *
 * A cell compares the value or the error, with all classes; what was printed; and what calls told while they ran. Not
 * compared: the order of what happens at the same time.
 *
 * A new executor, or a way to run, is a line in `settings.ts`; a new workflow is one in `workflows.ts`, and its tasks are in
 * `tasks.ts`, where workers find them.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CallEvent, type Executor, type OutputLine, openInline, run } from '../../src/index.ts';
import { eventFaults, RecordingSink } from '../../src/testing.ts';
import { pictureOf } from './picture.ts';
import { type Given, type Setting, settings } from './settings.ts';
import { matrixCodecs } from './tasks.ts';
import { type Expected, type Workflow, workflows } from './workflows.ts';

/** What hangs is told within this time. A cell takes some milliseconds, on a busy machine half a second. */
const limit = { timeout: 10_000 };

/** What came of a run. */
interface Observed {
  readonly outcome: { readonly value: unknown } | { readonly error: unknown };
  readonly told: readonly string[];
}

async function observe(
  { graph, options }: Workflow,
  executor: Executor,
  sink?: RecordingSink,
): Promise<Observed> {
  const told: string[] = [];
  const onEvent = (event: CallEvent, { task }: { readonly task: string }): void =>
    void told.push([task, ...pictureOf(event)].join('\n'));
  const sinks = sink === undefined ? [] : [sink];
  const outcome = await run(graph(), { ...options, executor, onEvent, sinks }).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  return { outcome, told: told.toSorted() };
}

/** Collects what is printed, here and by workers. */
class Printed {
  lines: string[] = [];
  readonly #write = { stdout: process.stdout.write, stderr: process.stderr.write };

  readonly take = ({ stream, text }: Pick<OutputLine, 'stream' | 'text'>): void =>
    void this.lines.push(`${stream}: ${text}`);

  /** Takes what is written here, until it is disposed of. */
  open(): Disposable {
    for (const stream of ['stdout', 'stderr'] as const) {
      process[stream].write = (text: unknown): boolean => {
        for (const line of String(text).split('\n').slice(0, -1)) this.take({ stream, text: line });
        return true;
      };
    }
    return {
      [Symbol.dispose]: () => {
        Object.assign(process.stdout, { write: this.#write.stdout });
        Object.assign(process.stderr, { write: this.#write.stderr });
      },
    };
  }
}

const printed = new Printed();

interface Cell extends Observed {
  readonly lines: readonly string[];
}

async function observeAlone(workflow: Workflow, executor: Executor, sink?: RecordingSink): Promise<Cell> {
  printed.lines = [];
  using _ = printed.open();
  const observed = await observe(workflow, executor, sink);
  return { ...observed, lines: workflow.printsInAnyOrder ? printed.lines.toSorted() : printed.lines };
}

const inThisThread = new Map<Workflow, Promise<Cell>>();

/** What a workflow gives in this thread. */
function inline(workflow: Workflow): Promise<Cell> {
  const known = inThisThread.get(workflow);
  if (known !== undefined) return known;
  const cell = observeAlone(workflow, openInline());
  inThisThread.set(workflow, cell);
  return cell;
}

function expectAsWritten({ outcome }: Observed, expected: Expected): void {
  if ('value' in expected) {
    expect(pictureOf(outcome)).toEqual(pictureOf({ value: expected.value }));
    return;
  }
  expect(outcome).toMatchObject({
    error: { name: 'CallFailedError', code: 'HEDDLE_CALL_FAILED', reason: expected.reason },
  });
  expect('error' in outcome && String(outcome.error)).toMatch(expected.message);
}

/** Compares a cell with the inline run, or with what the workflow says of this setting. */
async function expectSame(
  observed: Observed,
  workflow: Workflow,
  setting: Setting,
  executor: Executor,
): Promise<void> {
  const here = await inline(workflow);
  if ((workflow.slots ?? 1) > executor.slots) {
    expect(observed.outcome).toMatchObject({ error: { name: 'RangeError' } });
    return;
  }
  const isSame = JSON.stringify(pictureOf(observed.outcome)) === JSON.stringify(pictureOf(here.outcome));
  if (workflow.elsewhere !== undefined && setting.where !== 'here' && !(setting.where === 'both' && isSame)) {
    expectAsWritten(observed, workflow.elsewhere);
    return;
  }
  expect(pictureOf(observed.outcome)).toEqual(pictureOf(here.outcome));
  expect(observed.told).toEqual(here.told);
}

describe('in this thread', limit, () => {
  test.each(workflows.filter(({ here }) => here !== undefined))('$name', async (workflow) => {
    expectAsWritten(await inline(workflow), workflow.here as Expected);
  });

  test('workflows have names of their own', () => {
    const names = workflows.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

describe.each(settings)('on $name', limit, (setting) => {
  let executor: Executor;
  const given: Given = { codecs: matrixCodecs, output: printed.take };
  beforeAll(() => {
    executor = setting.open(given);
  });
  afterAll(() => executor.dispose());

  const listen = (): RecordingSink | undefined => (setting.watched ? new RecordingSink() : undefined);
  const times = setting.times ?? 1;

  test.each(workflows)('$name', async (workflow) => {
    const here = await inline(workflow);
    for (let time = 0; time < times; time++) {
      const sink = listen();
      const cell = await observeAlone(workflow, executor, sink);
      await expectSame(cell, workflow, setting, executor);
      expect(cell.lines).toEqual(here.lines);
      expect(sink === undefined ? [] : eventFaults(sink.events)).toEqual([]);
    }
    expect(executor.stats().running).toBe(0);
  });

  test('all workflows at once', { timeout: 20_000 }, async () => {
    for (const workflow of workflows) await inline(workflow);
    using _ = printed.open();
    const observed = await Promise.all(workflows.map((workflow) => observe(workflow, executor, listen())));
    for (const [index, workflow] of workflows.entries())
      await expectSame(observed[index] as Observed, workflow, setting, executor);
  });
});
