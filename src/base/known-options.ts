/**
 * Options that do not exist, told at once: a misspelt one would be ignored without a word.
 */

/**
 * Refuses options that are no object, or have a name that is not known.
 *
 * @param known - the names there are
 * @param verb - what is attempted, for the message: `run`, `open a file`
 * @throws {TypeError} Naming the unknown option, and the one that was probably meant.
 */
export function refuseUnknownOptions(options: unknown, known: readonly string[], verb: string): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`Cannot ${verb} as the options must be an object: received ${String(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const lower = name.toLowerCase();
    const meant = known.find((other) => isNear(lower, other.toLowerCase()));
    const mend =
      meant === undefined ? `the options are ${known.join(', ')}` : `'${meant}' was probably meant`;
    throw new TypeError(`Cannot ${verb} as there is no option '${name}'\n  ${mend}`);
  }
}

/** Whether two names differ by little: one begins like the other, but for its last letter, or all but two letters agree. */
function isNear(a: string, b: string): boolean {
  if (b.startsWith(a) || a.startsWith(b) || (a.length > 3 && b.startsWith(a.slice(0, -1)))) return true;
  if (Math.abs(a.length - b.length) > 2) return false;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - same && a[a.length - 1 - tail] === b[b.length - 1 - tail])
    tail++;
  return Math.max(a.length, b.length) - same - tail <= 2;
}
