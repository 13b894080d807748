/**
 * A call: one task applied to arguments. The vertex of a graph.
 *
 * A call is immutable and refers to the calls whose values it needs, so a graph needs no other
 * structure, making a call costs the same however large the graph behind it, and one graph can be run
 * many times, also at once: whatever a run learns is kept in the run.
 */

import type { Site } from '../base/site.ts';
import type { Hints } from './hints.ts';
import type { TaskCore } from './task-core.ts';

const noCalls: readonly Call[] = Object.freeze([]);

/** @internal */
export class Call {
  readonly task: TaskCore;
  /**
   * An argument each: a plain value; a `Call`, whose value it is; or a `Structured`, data that is copied
   * when the call is run, with calls in it.
   */
  readonly args: readonly unknown[];
  /** The calls needed, in the order in which they stand in `args`; one that is needed twice stands twice. */
  readonly needs: readonly Call[];
  /** Graphs that stand quoted in `args`: not needed, yet kept from being run twice. */
  readonly quotes: Quotes | undefined;
  /** The hints of this call over those of its task. */
  readonly hints: Hints;
  /** Where the call was made. */
  readonly site: Site | undefined;

  constructor(
    task: TaskCore,
    args: readonly unknown[],
    needs: readonly Call[] = noCalls,
    quotes: Quotes | undefined,
    hints: Hints,
    site: Site | undefined,
  ) {
    this.task = task;
    this.args = args;
    this.needs = needs;
    this.quotes = quotes;
    this.hints = hints;
    this.site = site;
  }
}

/** Data of an argument that is copied anew for each run, so that a task may change what it gets. */
export class Structured {
  /** Arrays, plain objects, maps and sets, with a `Call` in each place of a delayed value. */
  readonly template: unknown;

  constructor(template: unknown) {
    this.template = template;
  }
}

/** Quoted graphs, among other values perhaps. Calls that hold the same list hold it as one. */
export type Quotes = readonly unknown[];

/**
 * A graph as a value: it is passed on unrun, until `unquote` asks for it.
 *
 * Made by `quote`. It may be passed to tasks, returned by them, and sent to workers and back.
 */
export class Quoted<out T> {
  /** @internal */
  readonly call: Call;
  declare readonly '#value'?: T;

  /** @internal */
  constructor(call: Call) {
    this.call = call;
    Object.freeze(this);
  }
}
