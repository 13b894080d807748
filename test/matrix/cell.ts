/**
 * What came of one workflow on one executor: its outcome, what was printed, and what calls told.
 */

import { type Cache, type CallEvent, type Executor, type OutputLine, run } from '../../src/index.ts';
import type { RecordingSink } from '../../src/testing.ts';
import { pictureOf } from './picture.ts';
import type { Workflow } from './workflows.ts';

export type RunOutcome = { readonly value: unknown } | { readonly error: unknown };

/** What can be known also while other workflows are run. */
export interface Observed {
  readonly outcome: RunOutcome;
  /** What calls told, in no order. */
  readonly told: readonly string[];
}

export interface Cell extends Observed {
  /** What was printed; in order, if the order is known. */
  readonly lines: readonly string[];
}

/** Runs a workflow. */
export async function observe(
  { graph, options }: Workflow,
  executor: Executor,
  sink?: RecordingSink,
  cache?: Cache,
): Promise<Observed> {
  const told: string[] = [];
  const onEvent = (event: CallEvent, { task }: { readonly task: string }): void =>
    void told.push([task, ...pictureOf(event)].join('\n'));
  const sinks = sink === undefined ? [] : [sink];
  const remembering = cache === undefined ? {} : { cache, cacheAll: true };
  const outcome = await run(graph(), { ...options, executor, onEvent, sinks, ...remembering }).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  return { outcome, told: told.toSorted() };
}

/** Collects what is printed, here and by workers. */
export class Printed {
  #lines: string[] = [];

  /** What workers are given as `output`. */
  readonly take = ({ stream, text }: Pick<OutputLine, 'stream' | 'text'>): void =>
    void this.#lines.push(`${stream}: ${text}`);

  /** Takes what is written in this thread, until it is disposed of. */
  open(): Disposable {
    const { write: stdout } = process.stdout;
    const { write: stderr } = process.stderr;
    for (const stream of ['stdout', 'stderr'] as const) {
      process[stream].write = (text: unknown): boolean => {
        for (const line of String(text).split('\n').slice(0, -1)) this.take({ stream, text: line });
        return true;
      };
    }
    return {
      [Symbol.dispose]: () => {
        Object.assign(process.stdout, { write: stdout });
        Object.assign(process.stderr, { write: stderr });
      },
    };
  }

  /** Runs a workflow while no other is run. */
  async observe(workflow: Workflow, executor: Executor, sink?: RecordingSink, cache?: Cache): Promise<Cell> {
    this.#lines = [];
    using _ = this.open();
    const observed = await observe(workflow, executor, sink, cache);
    const lines = workflow.printsInAnyOrder ? this.#lines.toSorted() : this.#lines;
    return { ...observed, lines };
  }
}
