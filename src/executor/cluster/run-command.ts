/**
 * Runs the commands of an engine, and gives what they say.
 *
 * - **Failure:** a command that fails, is not there, or takes too long rejects with what it said, see `CommandFailedError`.
 * - **Bound:** it is ended after a minute; what it says is read up to 64 MiB.
 * - **Words:** arguments are given as they are, without a shell; what is said is in English and in plain bytes.
 */

/** Runs a command: so that tests can give what was recorded. */
export type RunCommand = (program: string, args: readonly string[], input?: string) => Promise<string>;

/** A command that failed, and what it said. */
export class CommandFailedError extends Error {
  override readonly name: string = 'CommandFailedError';
  /** What it wrote to stderr, then to stdout. */
  readonly said: string;
  constructor(message: string, said: string, options?: ErrorOptions) {
    super(message, options);
    this.said = said;
  }
}

/** How long a command may take. Arbitrary: those of a busy scheduler take seconds. */
const timeoutMs = 60_000;
const mostBytes = 2 ** 26;

export const runCommand: RunCommand = (program, args, input) => {
  const { execFile } = process.getBuiltinModule('node:child_process');
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      {
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: mostBytes,
        env: { ...process.env, LC_ALL: 'C' },
        windowsHide: true,
      },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
          return;
        }
        const said = `${stderr}${stdout}`.trim();
        const why =
          (error as NodeJS.ErrnoException).code === 'ENOENT'
            ? 'is not there'
            : error.killed === true
              ? `took more than ${timeoutMs} ms`
              : said === ''
                ? error.message
                : said;
        reject(new CommandFailedError(`'${program}' ${why}`, said, { cause: error }));
      },
    );
    // A command that fails at once reads nothing.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
};
