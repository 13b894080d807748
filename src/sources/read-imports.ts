/**
 * What a module asks for, read from its text: imports, re-exports, and files named beside it.
 *
 * Promises every import of JavaScript and TypeScript that Node.js would load after taking the types away; those of types
 * alone are left out. `require` and `new URL('…', import.meta.url)` are found by their usual spelling, also where a comment
 * shows it. Leaves to `resolver.ts` which file is meant.
 */

import { once } from '../base/once.ts';

/** How something is asked for: `asset` is read and not run, so that what it imports does not count. */
export type RequestKind = 'import' | 'require' | 'asset' | 'beside';

/** One thing that a module asks for. */
export interface ImportRequest {
  readonly specifier: string;
  readonly kind: RequestKind;
}

/** What a module asks for. */
export interface ModuleImports {
  /** Each once. */
  readonly requests: readonly ImportRequest[];
  /** What cannot be told from the text, in words. */
  readonly unknown: readonly string[];
}

/** Loaded when the first module is read: it takes two milliseconds. */
const lexer = once(() => {
  const { createRequire } = process.getBuiltinModule('node:module');
  return createRequire(import.meta.url)('es-module-lexer') as typeof import('es-module-lexer');
});

/** `new URL('…', ` before `import.meta`. */
const urlBefore = /\bnew\s+URL\s*\(\s*(?:(['"`])((?:(?!\1|\$\{)[^\\\n])*)\1|[^;{}]{1,200}?)\s*,\s*$/;
const urlAfter = /^\s*\.\s*url\s*,?\s*\)/;
/** `.resolve('…')` after `import.meta`. */
const resolveAfter =
  /^\s*\.\s*resolve\s*\(\s*(?:(['"`])((?:(?!\1|\$\{)[^\\\n])*)\1\s*,?\s*\)|[^;\n)]{0,100}\)?)/;

/** How far around `import.meta` is looked, in characters. Arbitrary. */
const reach = 300;

/**
 * Reads what a module asks for. It never throws: of a text that is no module, it gives what it found and says so.
 *
 * @param text - JavaScript or TypeScript
 */
export function readImports(text: string): ModuleImports {
  const requests = new Map<string, ImportRequest>();
  const unknown = new Set<string>();
  const add = (specifier: string, kind: RequestKind): void => {
    requests.set(`${kind} ${specifier}`, { specifier, kind });
  };
  let isModule = false;
  try {
    const [imports, , , hasModuleSyntax] = lexer().parse(text);
    isModule = hasModuleSyntax;
    for (const found of imports) {
      if (found.type === 'import-meta') readMeta(text, found.start, found.end, add, unknown);
      else if (found.type === 'dynamic') {
        if (found.probablyTypeOnly) continue;
        if (found.specifier === undefined || found.glob)
          unknown.add(`imports an expression: ${short(text.slice(found.importStart, found.importEnd))}`);
        else
          add(
            found.specifier,
            isAsset(text.slice(found.attributesStart, found.importEnd), found.attributesStart)
              ? 'asset'
              : 'import',
          );
      } else if (!found.typeOnly) {
        // Phase `source` gives a compiled module that has not run.
        add(found.specifier, found.attributes !== null || found.phase === 'source' ? 'asset' : 'import');
      }
    }
  } catch (error) {
    unknown.add(`cannot be read as a module: ${error instanceof Error ? error.message : String(error)}`);
  }
  readRequires(text, isModule, add, unknown);
  return { requests: [...requests.values()], unknown: [...unknown] };
}

/** Options of a dynamic import are not read by the lexer: any that name a type mean an asset. */
function isAsset(options: string, start: number): boolean {
  return start >= 0 && /\btype\b/.test(options);
}

function readMeta(
  text: string,
  start: number,
  end: number,
  add: (specifier: string, kind: RequestKind) => void,
  unknown: Set<string>,
): void {
  const after = text.slice(end, end + reach);
  if (urlAfter.test(after)) {
    const match = urlBefore.exec(text.slice(Math.max(0, start - reach), start));
    if (match === null) return;
    const [whole, , specifier] = match;
    if (specifier === undefined)
      unknown.add(`names a file by an expression: ${short(`${whole}import.meta.url)`)}`);
    else if (!/^[a-z][a-z\d+.-]+:/i.test(specifier) || specifier.startsWith('file:'))
      add(specifier, 'beside');
    return;
  }
  const match = resolveAfter.exec(after);
  if (match === null) return;
  if (match[2] === undefined) unknown.add(`resolves an expression: ${short(`import.meta${match[0]}`)}`);
  else add(match[2], 'import');
}

/** `require('…')` of CommonJS, and of what `createRequire` gave in a module, under whatever name. */
function readRequires(
  text: string,
  isModule: boolean,
  add: (specifier: string, kind: RequestKind) => void,
  unknown: Set<string>,
): void {
  const names = isModule ? namesOfRequire(text) : ['require'];
  if (names.length === 0) return;
  const calls = new RegExp(
    String.raw`(?<![.\w$])(?:${names.join('|')})(?:\.resolve)?\s*\(\s*(?:(['"${'`'}])((?:(?!\1|\$\{)[^\\\n])*)\1\s*[,)]|([^'"${'`'}\s)][^)\n]*\)))`,
    'g',
  );
  for (const [whole, , specifier, expression] of text.matchAll(calls)) {
    if (specifier !== undefined) add(specifier, 'require');
    else if (expression !== undefined) unknown.add(`requires an expression: ${short(whole)}`);
  }
}

function namesOfRequire(text: string): string[] {
  if (!text.includes('createRequire')) return [];
  const names = [...text.matchAll(/([A-Za-z_$][\w$]*)\s*=\s*(?:[\w$]+\s*\.\s*)*createRequire\s*\(/g)];
  return [
    ...names.map(([, name = '']) => name.replaceAll('$', '\\$')),
    String.raw`createRequire\s*\([^()]*\)`,
  ];
}

/** One line of a text, for people. */
function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
