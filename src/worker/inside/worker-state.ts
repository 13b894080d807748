/**
 * The state of a worker: an object that is built once, and called for each input.
 */

import type { TaskCore, TaskModule } from '../../task/task-core.ts';
import { loadTask } from './load-task.ts';

interface State {
  call(...args: unknown[]): unknown;
  [Symbol.dispose]?(): void;
  [Symbol.asyncDispose]?(): PromiseLike<void>;
}

export class WorkerState {
  #state: State | undefined;

  /** @throws what importing the module or the constructor throws */
  async build({ url, name }: TaskModule, args: readonly unknown[]): Promise<void> {
    const { stateful } = await loadTask(url, name);
    if (stateful === undefined)
      throw new TypeError(`Cannot build the state of a worker as '${name}' is no class`);
    this.#state = new stateful(...(args as never[])) as State;
  }

  /** The function of a task: that of the state, if the task is one of a class. */
  functionOf(core: TaskCore): (...args: never[]) => unknown {
    const state = this.#state;
    return core.stateful === undefined || state === undefined ? core.fn : (...args) => state.call(...args);
  }

  async dispose(): Promise<void> {
    const state = this.#state;
    this.#state = undefined;
    if (state?.[Symbol.asyncDispose] !== undefined) await state[Symbol.asyncDispose]?.();
    else state?.[Symbol.dispose]?.();
  }
}
