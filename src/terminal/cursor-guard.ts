/**
 * Gives the cursor back however the process ends, and takes part in nothing else.
 *
 * Signals keep their meaning: a program that listens to them is left alone; a program that does not is ended
 * by the signal itself, so that its exit code tells (130 for Ctrl-C in a shell).
 */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls `restore` when the process exits, throws, or is ended by a signal, until disposed.
 *
 * @param restore - must be synchronous, and may be called more than once
 */
export function guardCursor(restore: () => void): Disposable {
  const onSignal = (signal: NodeJS.Signals): void => {
    // 1. We stand first among the listeners, so that those who listen `once` are still counted.
    // 2. If there are others, the program decides; when it exits, `onExit` restores.
    // 3. If we are the only one, our listening is all that kept the process alive: step aside, send it again.
    if (process.listenerCount(signal) > 1) return;
    release();
    restore();
    process.kill(process.pid, signal);
  };
  const onExit = (): void => restore();
  const release = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    process.off('exit', onExit);
  };
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  process.on('exit', onExit);
  return { [Symbol.dispose]: release };
}
