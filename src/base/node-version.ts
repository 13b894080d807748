/**
 * The oldest runtime that this library runs on, and a plain word on older ones.
 */

const oldest = [22, 18] as const;

/**
 * Refuses to go on in an older Node.js: what it lacks would fail later, and less clearly.
 *
 * @throws {Error} With one line that says which version is needed.
 */
export function requireNode(version: string | undefined): void {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  if (version === undefined || major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return;
  const error = new Error(`heddle needs Node.js ${oldest.join('.')} or later: received ${version}`);
  // The reader has to change the runtime, not the code: a stack would only hide the line that says so.
  error.stack = error.message;
  throw error;
}
