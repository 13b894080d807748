/**
 * Reports on a model: a cadet whose calls run in worker threads, and each take four of the threads that the process has.
 */

import { currentCall, tasks } from 'heddle';
import { cadet } from 'heddle/artifacts';

/** Says what a model uses. */
export function reportText(name: string, features: readonly string[]): string {
  return `Model ${name} uses the following features: ${features.join(', ')}`;
}

export const { modelReport, slowReport } = tasks(import.meta, {
  modelReport: cadet(reportText),
  slowReport: cadet(
    (name: string, features: readonly string[]) => {
      // As a library with threads of its own would.
      const until = performance.now() + 50;
      while (performance.now() < until) currentCall()?.signal.throwIfAborted();
      return reportText(name, features);
    },
    { threads: 4 },
  ),
});
