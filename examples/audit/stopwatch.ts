/**
 * Tells how long this thread has worked: its processor time where Node knows it, else the time that passed.
 *
 * Processor time is what one thread alone would need: it leaves out the time in which other threads or programs had
 * the core.
 */

interface ThreadTime {
  readonly threadCpuUsage?: () => { readonly user: number; readonly system: number };
}

/**
 * Starts a stopwatch.
 *
 * @returns a function that gives the milliseconds of this thread since then
 */
export function stopwatch(): () => number {
  const startMs = threadMs();
  return () => threadMs() - startMs;
}

/** `process.threadCpuUsage()` is there since Node 22.19 and 23.9. */
function threadMs(): number {
  const { threadCpuUsage } = process as ThreadTime;
  if (threadCpuUsage === undefined) return performance.now();
  const { user, system } = threadCpuUsage();
  return (user + system) / 1000;
}
