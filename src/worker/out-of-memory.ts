/**
 * Whether a worker process was ended by V8 since its memory was full, by what it wrote last.
 */

/** How much of what a process wrote last is looked through, in bytes. Arbitrary: V8 adds some kB. */
export const lastWordsBytes = 16_384;
/** How V8 ends a process whose memory is full. */
const outOfMemory = /^FATAL ERROR: .*out of memory/m;
/** What a command exits with whose program was ended by SIGABRT, as shells tell it. */
const abortedCode = 134;

/** @param lastWords - what it wrote to stderr, its end */
export function memoryErrorOf(
  lastWords: string,
  { exitCode, signal }: { readonly exitCode?: number | undefined; readonly signal?: string | undefined },
): Error | undefined {
  const [text] = outOfMemory.exec(lastWords) ?? [];
  if (text === undefined || (signal !== 'SIGABRT' && exitCode !== abortedCode)) return undefined;
  return Object.assign(new Error(text), { code: 'ERR_WORKER_OUT_OF_MEMORY' });
}
