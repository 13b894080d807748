/**
 * Reads what a compiler prints for `-MM`: a rule for make that names the files an object is made from.
 *
 * The names are escaped for make, in the way of GCC, which Clang follows.
 */

/**
 * Gives the files that the first rule names after its colon, the source itself first.
 *
 * Further rules, which `-MP` adds, have nothing new. Without a rule there is no file.
 *
 * @example
 * ```ts no-run
 * parseDependencies('a.o: a.c my\\ header.h \\\n  b.h'); // ['a.c', 'my header.h', 'b.h']
 * ```
 */
export function parseDependencies(rules: string): string[] {
  const joined = rules.replace(/\\\r?\n/g, ' ');
  // The colon that ends the target has a blank after it: that of `C:\x.o` has not.
  const files = /^[^\n]*?:(?=\s|$)([^\n]*)/.exec(joined)?.[1] ?? '';
  const names = files.match(/(?:\\[ \t]|[^ \t])+/g) ?? [];
  return names.map((name) => unescapeName(name.replace(/\r$/, ''))).filter((name) => name !== '');
}

/** Blanks have a backslash before them, and backslashes before blanks one more each; `#` has one; `$` is doubled. */
function unescapeName(name: string): string {
  return name.replace(
    /(\\*)\\([ \t])|\\#|\$\$/g,
    (whole, slashes: string | undefined, blank: string | undefined) => {
      if (blank !== undefined) return '\\'.repeat((slashes ?? '').length / 2) + blank;
      return whole === '$$' ? '$' : '#';
    },
  );
}
