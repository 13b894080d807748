/**
 * What heddle knows of a task, behind the function that users call.
 */

import type { Site } from '../base/site.ts';
import type { Hints } from './hints.ts';

/** Where a worker finds a task: the module to import and the name in its `tasks` block. */
export interface TaskModule {
  /** `import.meta.url` of the module. */
  readonly url: string;
  /** The key in the block. */
  readonly name: string;
}

/** How heddle's own tasks differ from those of users. */
export interface BuiltinTraits {
  /**
   * Whether the task only reads its arguments and gives part of them. Then a value that others need too
   * is not copied whole to be read; what is read of it is copied instead.
   */
  readonly reads: boolean;
  /** Whether the function takes its arguments as one list: there may be more than a function can take. */
  readonly takesList: boolean;
  /** Whether it is a plain function that a user gave to a combinator. */
  readonly isStep: boolean;
  /** Whether its value depends on what is outside of its arguments, so that nothing with it is remembered by them. */
  readonly isOutside?: boolean;
}

/** A task that another one runs. */
export interface CarriedTask {
  readonly core: TaskCore;
  /** What it is given first: a copy each time. */
  given(): readonly unknown[];
  /** The same, as text. */
  readonly isGiven: string;
}

/** @internal */
export interface TaskCore {
  readonly name: string;
  readonly fn: (...args: never[]) => unknown;
  readonly hints: Hints;
  /** Names of the parameters; `undefined` in the place of one without a name, such as a pattern. */
  readonly params: readonly (string | undefined)[];
  /** Where the task was defined. */
  readonly site: Site | undefined;
  /** How a worker finds the task; `undefined` for a task that stays in this process. */
  readonly module: TaskModule | undefined;
  /** Set for heddle's own tasks: they run in the host, at once, whatever the executor. */
  readonly builtin: BuiltinTraits | undefined;
  /** Whether a failure of the task is its value, as `maybe` makes it. */
  readonly givesFailures: boolean;
  /** Set for a task that takes a cache with it: the task that it runs. It counts as that one. */
  readonly carries?: CarriedTask;
  /** Makes the function that users call, if calling it does not make a call of a graph. */
  readonly face?: ((core: TaskCore) => (...args: never[]) => unknown) | undefined;
  /** The class that workers build; its instances are called in the place of `fn`. */
  readonly stateful: (new (...args: never[]) => { call(...args: never[]): unknown }) | undefined;
}
