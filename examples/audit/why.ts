/**
 * Why a file could not be read, in a few words.
 */

/** Says what an error means for a file, without the file's path, which stands beside it. */
export function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // `EACCES: permission denied, open '/…'`
  return error.message.replace(/, \w+( '.*')?$/s, '');
}
