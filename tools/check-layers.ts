/**
 * Checks the walls between folders: who imports whom, and the other prohibitions that reading text can tell.
 *
 * Promises to name for each breach the file, the line, the prohibition with its number in `ARCHITECTURE.md`, and the
 * mend. The table is in `layers.ts`. Leaves to the linter what needs types, and to reviewers what needs judgement.
 */
import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { findImportBreach, folderOf } from './import-rules.ts';
import { MAY_KEEP_STATE } from './layers.ts';
import { lineAt, type ReadSource, readSource } from './read-source.ts';
import { TEXT_RULES } from './text-rules.ts';

/** A source to check: its path from the project's root, with `/`, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** One prohibition broken at one place. */
export interface Breach {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Number of the prohibition in `ARCHITECTURE.md`. */
  readonly never: number;
  readonly what: string;
  readonly mend: string;
}

/**
 * Checks sources against the table and the text rules.
 *
 * @returns the breaches, by file and line; empty if all walls stand
 *
 * @example
 * ```ts no-run
 * const breaches = checkLayers([{ path: 'src/base/x.ts', text: "import '../run/run.ts';" }]);
 * ```
 */
export function checkLayers(sources: readonly Source[]): readonly Breach[] {
  const breaches: Breach[] = [];
  const edges = new Map<string, Map<string, { file: string; line: number }>>();
  for (const { path, text } of sources) {
    const read = readSource(text);
    for (const { specifier, line } of read.imports) {
      const to = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier;
      const breach = findImportBreach(path, to);
      if (breach !== undefined) breaches.push({ file: path, line, ...breach });
      const fromFolder = folderOf(path);
      const toFolder = folderOf(to);
      if (fromFolder === undefined || toFolder === undefined || fromFolder === toFolder) continue;
      const out = edges.get(fromFolder) ?? new Map<string, { file: string; line: number }>();
      edges.set(fromFolder, out);
      if (!out.has(toFolder)) out.set(toFolder, { file: path, line });
    }
    breaches.push(...textBreaches(path, text, read), ...stateBreaches(path, read));
  }
  breaches.push(...cycles(edges));
  return breaches.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

/** Reads every source of the project that the walls concern. */
export function readSources(root: string): Source[] {
  return globSync('{src,test,tools,examples,bench,dashboard-ui}/**/*.{ts,tsx,mjs}', { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.includes('node_modules/'))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** Formats a breach for people: two lines, the second says how to mend it. */
export function formatBreach({ file, line, never, what, mend }: Breach): string {
  return `${file}:${line}  ${what} (never ${never})\n    ${mend}`;
}

function textBreaches(path: string, text: string, read: ReadSource): Breach[] {
  const found: Breach[] = [];
  for (const rule of TEXT_RULES) {
    if (!rule.files.test(path) || rule.except?.test(path)) continue;
    const where = rule.look === 'path' ? path : rule.look === 'all' ? text : read[rule.look];
    for (const match of where.matchAll(rule.pattern)) {
      const line = rule.look === 'path' ? 1 : lineAt(where, match.index);
      found.push({ file: path, line, never: rule.never, what: rule.what(match[0].trim()), mend: rule.mend });
    }
  }
  return found;
}

/** Never 15: `let` and `var` outside every brace and parenthesis. */
function stateBreaches(path: string, { code }: ReadSource): Breach[] {
  if (!path.startsWith('src/') || MAY_KEEP_STATE[path] !== undefined) return [];
  const found: Breach[] = [];
  let depth = 0;
  for (const match of code.matchAll(/[{}()[\]]|\b(?:let|var)\s+[\w$[{]/g)) {
    if ('{(['.includes(match[0])) depth += 1;
    else if ('})]'.includes(match[0])) depth -= 1;
    else {
      const mend =
        "Keep it in an object that somebody owns, or name the file and a reason in 'MAY_KEEP_STATE' of tools/layers.ts.";
      if (depth === 0)
        found.push({
          file: path,
          line: lineAt(code, match.index),
          never: 15,
          what: 'mutable state at module level',
          mend,
        });
      if (/[[{]$/.test(match[0])) depth += 1;
    }
  }
  return found;
}

/** Never 1, second half: folders form no cycle. Each cycle is told once, at its first import. */
function cycles(edges: ReadonlyMap<string, ReadonlyMap<string, { file: string; line: number }>>): Breach[] {
  const found: Breach[] = [];
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (folder: string): void => {
    const start = path.indexOf(folder);
    if (start !== -1) {
      const cycle = [...path.slice(start), folder];
      const first = edges.get(cycle[0] ?? '')?.get(cycle[1] ?? '');
      const mend = 'Move what both need into the lower of them, or into a folder below both.';
      found.push({
        file: '',
        line: 1,
        ...first,
        never: 1,
        what: `folders form a cycle: ${cycle.join(' → ')}`,
        mend,
      });
    }
    if (start !== -1 || finished.has(folder)) return;
    path.push(folder);
    for (const next of edges.get(folder)?.keys() ?? []) visit(next);
    path.pop();
    finished.add(folder);
  };
  for (const folder of edges.keys()) visit(folder);
  return found;
}

if (import.meta.main) {
  const sources = readSources(join(import.meta.dirname, '..'));
  const breaches = checkLayers(sources);
  for (const breach of breaches) console.error(formatBreach(breach));
  if (breaches.length > 0) process.exitCode = 1;
  else console.log(`${sources.length} files keep to the layers`);
}
