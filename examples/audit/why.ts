/**
 * Why a file could not be read, in a few words.
 */
import type { Failure } from 'heddle';

/** Says what an error means for a file, without the file's path, which stands beside it. */
export function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // `EACCES: permission denied, open '/…'`
  return error.message.replace(/, \w+( '.*')?$/s, '');
}

/** Says why a call on a file gave a failure: the reason of the innermost, first one. */
export function whyFailed(failure: Failure): string {
  const [first] = failure.failedArguments;
  return first === undefined ? whyOf(failure.error) : whyFailed(first.failure);
}
