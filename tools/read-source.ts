/**
 * Reads what a TypeScript source imports, and blanks what is not code.
 *
 * Promises that offsets and line numbers of the blanked text are those of the source, and that an `import` in a
 * comment or string is not taken for one. It is a scanner, not a parser: it knows comments, strings, templates and
 * regular expressions, which is all that telling code from prose takes. Judging is left to `check-layers.ts`.
 */

/** One module that a source names: by `import`, `export … from`, `import()`, an import type, or `require`. */
export interface ImportOf {
  readonly specifier: string;
  /** Counted from 1. */
  readonly line: number;
}

/** A source, read. */
export interface ReadSource {
  readonly imports: readonly ImportOf[];
  /** The text with comments, and the insides of strings, templates and regular expressions, as spaces. */
  readonly code: string;
  /** The comments `/** … *\/`, whole, with where they begin. */
  readonly docs: readonly { readonly text: string; readonly offset: number }[];
}

/** Where a module is named: a quote after `from`, `import`, `import(`, `require(`… in blanked code. */
const NAMES_MODULE = /\b(?:from|import|(?:import|require|getBuiltinModule)\s*\()\s*(?=(['"`]))/g;

/** After these a `/` begins a regular expression; after a value it divides. */
const BEFORE_REGEX =
  /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|yield|await))\s*$/;

/**
 * Reads one source.
 *
 * @example
 * ```ts no-run
 * readSource("import { x } from './x.ts'; // import 'no'").imports; // [{ specifier: './x.ts', line: 1 }]
 * ```
 */
export function readSource(text: string): ReadSource {
  const code = text.split('');
  const docs: { text: string; offset: number }[] = [];
  blankOut(text, (kind, from, to) => {
    if (kind === 'comment' && text.startsWith('/**', from))
      docs.push({ text: text.slice(from, to), offset: from });
    for (let at = from; at < to; at += 1) {
      if (text[at] === '\n') continue;
      code[at] = ' ';
    }
  });
  const blanked = code.join('');
  return { imports: importsIn(text, blanked), code: blanked, docs };
}

/** The line of an offset, counted from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

function importsIn(text: string, code: string): ImportOf[] {
  const found: ImportOf[] = [];
  for (const match of code.matchAll(NAMES_MODULE)) {
    const start = match.index + match[0].length + 1;
    const end = text.indexOf(match[1] ?? '"', start);
    found.push({ specifier: text.slice(start, end), line: lineAt(text, start) });
  }
  return found;
}

/** Calls `blank` for each stretch that is not code. Quotes themselves stay. */
function blankOut(text: string, blank: (kind: 'comment' | 'text', from: number, to: number) => void): void {
  // Depth of braces at which each open `${` of a template ends.
  const templates: number[] = [];
  let braces = 0;
  let at = text.startsWith('#!') ? lineEnd(text, 0) : 0;
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    const one = text[at];
    if (two === '//' || two === '/*') {
      const close = two === '//' ? lineEnd(text, at) : text.indexOf('*/', at + 2) + 2;
      const end = close < at + 2 ? text.length : close;
      blank('comment', at, end);
      at = end;
    } else if (one === "'" || one === '"') {
      const end = closing(text, at + 1, (c) => c === one || c === '\n');
      blank('text', at + 1, end);
      at = end + 1;
    } else if (one === '`' || (one === '}' && templates.at(-1) === braces)) {
      if (one === '}') templates.pop();
      const end = closing(text, at + 1, (c, i) => c === '`' || (c === '$' && text[i + 1] === '{'));
      blank('text', at + 1, end);
      if (text[end] === '$') templates.push(braces);
      at = end + (text[end] === '$' ? 2 : 1);
    } else if (one === '/' && BEFORE_REGEX.test(text.slice(Math.max(0, at - 20), at))) {
      let inClass = false;
      const end = closing(text, at + 1, (c) => {
        if (c === '[') inClass = true;
        if (c === ']') inClass = false;
        return (c === '/' && !inClass) || c === '\n';
      });
      blank('text', at + 1, end);
      at = end + 1;
    } else {
      if (one === '{') braces += 1;
      if (one === '}') braces -= 1;
      at += 1;
    }
  }
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

/** The first offset from `from` where `isEnd`, stepping over escapes. */
function closing(text: string, from: number, isEnd: (character: string, offset: number) => boolean): number {
  let at = from;
  while (at < text.length && !isEnd(text.charAt(at), at)) at += text[at] === '\\' ? 2 : 1;
  return Math.min(at, text.length);
}
