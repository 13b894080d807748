/**
 * The names of a function's parameters, read from its source.
 *
 * They serve displays, messages and hints that name arguments. Types are gone from the source when it
 * runs, and a bundler may have renamed what is left: where names matter, give the hint `params`.
 */

/**
 * Reads the names of parameters; `undefined` stands for one without a name, such as a pattern.
 *
 * @returns the names in order; empty for functions without source, such as built-in ones
 */
export function paramsOf(fn: (...args: never[]) => unknown): readonly (string | undefined)[] {
  const source = withoutComments(Function.prototype.toString.call(fn));
  if (source.includes('[native code]')) return [];
  const single = source.match(/^(?:async\s+)?([A-Za-z_$][\w$]*)\s*=>/);
  if (single !== null) return [single[1]];
  const open = source.indexOf('(');
  return open < 0 ? [] : splitParams(source, open + 1).map(nameOf);
}

function nameOf(param: string): string | undefined {
  return param.match(/^\s*(?:\.\.\.)?\s*([A-Za-z_$][\w$]*)\s*(?:=[^>]|$)/)?.[1];
}

/** Splits at the commas between parameters: those outside of brackets and of text. */
function splitParams(source: string, start: number): string[] {
  const params: string[] = [];
  let depth = 0;
  let from = start;
  for (let i = start; i < source.length; i++) {
    const char = source[i] as string;
    if (char === "'" || char === '"' || char === '`') i = endOfText(source, i);
    else if ('([{'.includes(char)) depth++;
    else if (depth === 0 && (char === ',' || char === ')')) {
      if (source.slice(from, i).trim() !== '') params.push(source.slice(from, i));
      from = i + 1;
      if (char === ')') break;
    } else if (')]}'.includes(char)) depth--;
  }
  return params;
}

function endOfText(source: string, start: number): number {
  for (let i = start + 1; i < source.length; i++) {
    if (source[i] === '\\') i++;
    else if (source[i] === source[start]) return i;
  }
  return source.length;
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\n]*/g, ' ');
}
