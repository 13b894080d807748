/**
 * What is told of a call whose worker is gone.
 */

import { DecodeError } from '../codec/decode-error.ts';
import { type AttemptFailure, failure } from '../task/outcome.ts';
import type { Ending } from '../worker/transport.ts';
import { PlaceLostError, WorkerLostError } from '../worker/worker-lost-error.ts';

/**
 * What a lost worker's call ended with. The module of a task can end a worker too, by what it does when
 * it is imported.
 */
export function lostOutcome(
  task: string,
  ending: Ending,
  wasReady: boolean,
  lostAt: readonly string[] = [],
): AttemptFailure {
  const code = (ending.error as { code?: unknown } | undefined)?.code;
  if (code === 'HEDDLE_PROGRAM_IN_WORKER') return failure('not-loadable', ending.error);
  return failure('worker-lost', lostError(task, ending, wasReady, lostAt));
}

/**
 * Says why a worker is gone.
 *
 * @param lostAt - where all workers were that the call has lost, this one included
 */
export function lostError(
  task: string,
  ending: Ending,
  wasReady: boolean,
  lostAt: readonly string[] = [],
): WorkerLostError {
  const { place = '', exitCode, error } = ending;
  const at = place === '' ? '' : `, ${place},`;
  const why = wasReady ? `${whyLost(ending)} while it ran the call` : whyNotStarted(ending);
  const before = lostAt.slice(0, -1);
  const again =
    before.length === 0
      ? ''
      : `\n  it has lost ${lostAt.length} workers, before this one: ${before.join('; ')}; it may be the call that ends them`;
  return new WorkerLostError(`Cannot finish task '${task}' as its worker${at} ${why}${again}`, exitCode, {
    cause: error,
    lostAt: lostAt.filter((each) => each !== ''),
  });
}

function whyNotStarted(ending: Ending): string {
  const { error, signal, exitCode } = ending;
  // What it had to say came in one piece with that, and counts for nothing either.
  if (error instanceof DecodeError) return `sent what cannot be read (${error.message})`;
  if (error !== undefined)
    return `could not be started: ${error instanceof Error ? error.message : String(error)}`;
  if (signal !== undefined) return `was ended by ${signal} before it could run the call`;
  return `exited with code ${exitCode} before it could run the call\n  what it has printed may say why`;
}

/** For a call that had not begun, but cannot be run by another worker. */
export function movedAwayError(task: string): WorkerLostError {
  return new WorkerLostError(
    `Cannot finish task '${task}' as its worker is gone, and with it the argument that was moved to it`,
    undefined,
  );
}

function whyLost({ exitCode, signal, error }: Ending): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return 'ran out of memory';
  // Of this very class: that of one which the worker did not catch did not cross with it.
  if (error instanceof DecodeError) return `sent what cannot be read (${error.message})`;
  if (error instanceof PlaceLostError) return error.message;
  if (error !== undefined) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return `did not catch an error, of this call or of one before: ${text}`;
  }
  return signal === undefined
    ? `exited with code ${exitCode}, as by process.exit()`
    : `was ended by ${signal}`;
}
