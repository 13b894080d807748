/**
 * What it costs to tell the source of a module: of 300 files of TypeScript that import each other, the first time in a
 * process, and later.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SourceDigests } from '../../src/sources/source-digests.ts';
import type { Figure, Settings } from '../figure.ts';
import { inTurns, timeMs } from '../in-turns.ts';

const modules = 300;
/** About as long as files of such projects are. */
const bytesEach = 4_270;

/** Measures the section `sources`. */
export async function measureSources({ quick }: Settings): Promise<readonly Figure[]> {
  const root = mkdtempSync(join(tmpdir(), 'heddle-bench-sources-'));
  try {
    const files = writeProject(root);
    const [first = '', second = ''] = files.map((file) => pathToFileURL(file).href);
    const bareMs = await timeMs(() => {
      for (const file of files) createHash('sha256').update(readFileSync(file)).digest('hex');
    });
    const digests = new SourceDigests();
    const firstMs = await timeMs(() => digests.of(first));
    const found = digests.of(first).files.length;
    if (found !== modules) throw new Error(`Cannot measure as files were not found: received ${found}`);
    const secondMs = await timeMs(() => digests.of(second));
    const later = await inTurns(
      {
        fresh: () => timeMs(() => new SourceDigests().of(first)),
        refreshed: () =>
          timeMs(() => {
            digests.refresh();
            digests.of(first);
          }),
        again: () =>
          timeMs(() => {
            for (let i = 0; i < 10_000; i++) digests.of(first);
          }),
      },
      quick ? 3 : 15,
    );
    return [
      { name: `${modules} modules, first`, unit: 'ms', value: firstMs, atMost: 20 },
      { name: 'bare SHA-256 of the files, first', unit: 'ms', value: bareMs },
      { name: 'another module that shares all of them', unit: 'ms', value: secondMs },
      { name: 'with compiled code', unit: 'ms', value: later.fresh },
      { name: 'after a refresh, nothing changed', unit: 'ms', value: later.refreshed },
      { name: 'asked again', unit: 'µs', value: later.again / 10 },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Each module imports up to four others, most of which others import too. @returns the files, the first reaches all */
function writeProject(root: string): string[] {
  const write = (path: string, text: string): string => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  write('package.json', '{ "name": "measured", "version": "1.0.0", "type": "module" }');
  write('node_modules/left-pad/package.json', '{ "name": "left-pad", "version": "1.0.0" }');
  const pathOf = (i: number): string => `part-${i % 12}/module-${i}.ts`;
  return Array.from({ length: modules }, (_, i) => {
    const others = [i + 1, 2 * i + 1, 2 * i + 2, i + 12].filter((j) => j < modules);
    const head = [
      "import { readFile } from 'node:fs/promises';",
      "import pad from 'left-pad';",
      `import type { Shape${i} } from '../shapes.ts';`,
      ...others.map((j, n) => `import { value as value${n} } from '../${pathOf(j)}';`),
      `/** The value of module ${i}. */`,
      `export const value: number = ${['0', ...others.map((_other, n) => `value${n}`)].join(' + ')};`,
    ].join('\n');
    return write(`src/${pathOf(i)}`, `${head}\n${bodyOf(bytesEach - head.length)}`);
  });
}

function bodyOf(bytes: number): string {
  let text = '';
  for (let i = 0; text.length < bytes; i++) {
    text += `
/** Says how much of \`items\` is of a kind; "none" if it's empty. */
export function share${i}<Item extends { readonly kind: string }>(items: readonly Item[], kind: string): string {
  const matching = items.filter((item) => item.kind === kind || /^[a-z'"]+$/.test(item.kind));
  return items.length === 0 ? 'none' : \`\${(100 * matching.length) / items.length} % of \${items.length}\`;
}
`;
  }
  return text;
}
