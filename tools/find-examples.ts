/**
 * Finds the examples in documentation: code fences tagged `ts` in Markdown, and those after `@example` in TSDoc.
 *
 * Promises each block with the file and line it stands at, in the order of the file, grouped into the sections whose
 * blocks may import each other. Pure text in, data out; `doc-examples.ts` reads, writes and runs.
 */
import { lineAt, readSource } from './read-source.ts';

/** One block of code in a document. */
export interface Example {
  readonly file: string;
  /** Of the block's first line of code, counted from 1. */
  readonly line: number;
  readonly code: string;
  /** The name other blocks import it by, if it begins with a comment such as `// tasks.ts`. */
  readonly name: string | undefined;
  /** Whether it is run, or only type-checked (`ts no-run`). */
  readonly runs: boolean;
  /** Whether it goes on from the block before it, in one module (`ts continue`). */
  readonly continues: boolean;
}

/** Blocks that see each other's named files. */
export type Section = readonly Example[];

const FENCE = /^([ \t]*)```ts\b([^\n]*)\n([\s\S]*?)^\1```[ \t]*$/gm;

/**
 * Finds the examples of a Markdown file. A section is what stands under one heading of level two; a named block is seen
 * by all sections after its own, until another of the same name comes.
 */
export function examplesInMarkdown(file: string, text: string): readonly Section[] {
  const starts = [0, ...[...text.matchAll(/^## /gm)].map((match) => match.index), text.length];
  const sections: Section[] = [];
  let named: readonly Example[] = [];
  for (let index = 0; index + 1 < starts.length; index += 1) {
    const [from, to] = [starts[index] ?? 0, starts[index + 1] ?? 0];
    const own = blocksIn(file, text.slice(from, to), lineAt(text, from));
    if (own.length === 0) continue;
    const seen = named.filter((old) => own.every((block) => block.name !== old.name));
    sections.push([...seen.map((block) => ({ ...block, runs: false })), ...own]);
    named = [...seen, ...own.filter((block) => block.name !== undefined)];
  }
  return sections;
}

/** Finds the examples of a source's TSDoc: each comment's `@example` blocks are a section. */
export function examplesInSource(file: string, text: string): readonly Section[] {
  const sections: Section[] = [];
  for (const { text: comment, offset } of readSource(text).docs) {
    const start = comment.indexOf('@example');
    if (start === -1) continue;
    // Blanks what comes before, and the stars, but keeps the line breaks: then lines are those of the file.
    const before = comment.slice(0, start).replace(/[^\n]/g, '');
    const rest = comment.slice(start).replace(/^[ \t]*\*(?!\/) ?/gm, '');
    const blocks = blocksIn(file, before + rest, lineAt(text, offset));
    if (blocks.length > 0) sections.push(blocks);
  }
  return sections;
}

function blocksIn(file: string, text: string, firstLine: number): Example[] {
  const blocks: Example[] = [];
  for (const match of text.matchAll(FENCE)) {
    const [, indent = '', tag = '', code = ''] = match;
    blocks.push({
      file,
      // The fence's own line is not code, so no 1 is taken away.
      line: firstLine + lineAt(text, match.index),
      code: code.replace(new RegExp(`^${indent}`, 'gm'), ''),
      name: /^\/\/ ([\w-]+\.ts)\s*\n/.exec(code.trimStart())?.[1],
      runs: !/\bno-run\b/.test(tag),
      continues: /\bcontinue\b/.test(tag),
    });
  }
  return blocks;
}
