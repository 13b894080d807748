/**
 * Who uses this process, as Python's `getpass.getuser` says it.
 */

/** Gives the name of the user; `unknown` where the system knows none, as in some containers. */
export function userName(): string {
  const { env } = process;
  const named = [env['LOGNAME'], env['USER'], env['LNAME'], env['USERNAME']].find(
    (name) => name !== undefined && name !== '',
  );
  if (named !== undefined) return named;
  try {
    return process.getBuiltinModule('node:os').userInfo().username;
  } catch {
    return 'unknown';
  }
}
