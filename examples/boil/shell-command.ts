/**
 * Runs a target that is a command: in a shell, on this terminal.
 */

import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs a command to its end, and gives its exit code; 128 and the signal's number if a signal ended it.
 *
 * @param onSignal - is given a function that passes a signal on to the shell
 */
export function runShell(
  command: string,
  onSignal: (pass: (signal: NodeJS.Signals) => void) => void,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn(command, { shell: true, stdio: 'inherit' });
  // Ctrl-C reaches the shell by itself, being of the same terminal; once more does no harm.
  onSignal((signal) => child.kill(signal));
  child.on('error', reject);
  child.on('close', (code, signal) =>
    resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
  );
  return promise;
}
