/**
 * Runs every example of the README, the guides and TSDoc, and shows that a wrong one would be found.
 */
import { describe, expect, test } from 'vitest';
import { checkExamples } from '../tools/doc-examples.ts';
import { examplesInMarkdown, examplesInSource } from '../tools/find-examples.ts';

/** All examples of the project run in this time, or one of them hangs. */
const LIMIT_MS = 300_000;

test('the examples in documentation and comments have right types and run', {
  timeout: LIMIT_MS,
}, async () => {
  const { failures } = await checkExamples();
  expect(failures).toEqual([]);
});

function markdown(...lines: string[]): ReturnType<typeof examplesInMarkdown> {
  return examplesInMarkdown('guide.md', lines.join('\n'));
}

describe('checkExamples()', () => {
  test('accepts no examples at all', async () => {
    expect(await checkExamples([])).toEqual({ checked: 0, ran: 0, failures: [] });
  });

  test('runs blocks that import each other, and injects assert', { timeout: LIMIT_MS }, async () => {
    const sections = markdown(
      '# One',
      '```ts',
      '// numbers.ts',
      'export const four: number = 4;',
      '```',
      '## Two',
      '```ts',
      "import { four } from './numbers.ts';",
      'assert.equal(four, 4);',
      '```',
      '```ts continue',
      'assert.equal(four + 1, 5);',
      '```',
    );
    expect(await checkExamples(sections)).toEqual({ checked: 4, ran: 3, failures: [] });
  });

  test('gives an example of what users cannot import the exports of its file', {
    timeout: LIMIT_MS,
  }, async () => {
    const file = 'src/base/promise-like.ts';
    const text = '/**\n * @example\n * ```ts\n * assert.equal(isPromiseLike(3), false);\n * ```\n */';
    expect(await checkExamples(examplesInSource(file, text))).toEqual({ checked: 1, ran: 1, failures: [] });
  });

  test('tells a wrong type by the line of the document', { timeout: LIMIT_MS }, async () => {
    const { failures } = await checkExamples(
      markdown('text', '```ts no-run', '', "const n: number = 'four';", '```'),
    );
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(/^guide\.md\(4,7\): error TS2322/);
  });

  test('tells a failed assertion by the line of the document', { timeout: LIMIT_MS }, async () => {
    const sections = markdown(
      'text',
      '```ts',
      'const n = 4;',
      '```',
      '```ts continue',
      '',
      'assert.equal(n, 5);',
      '```',
    );
    const { failures } = await checkExamples(sections);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(/^guide\.md:6 {2}the example failed \(1\)/);
    expect(failures[0]).toContain('guide.md:7');
  });
});

describe('examplesInSource()', () => {
  test('finds blocks after @example with their lines', () => {
    const text =
      "const a = '/** @example */';\n/**\n * Adds.\n *\n * @example\n * ```ts\n * add(1, 2);\n *   add(3);\n * ```\n */\n";
    const [section] = examplesInSource('src/add.ts', text);
    expect(section).toEqual([
      {
        file: 'src/add.ts',
        line: 7,
        code: 'add(1, 2);\n  add(3);\n',
        name: undefined,
        runs: true,
        continues: false,
      },
    ]);
  });

  test('passes over blocks that are not examples', () => {
    expect(examplesInSource('src/add.ts', '/**\n * ```ts\n * add(1);\n * ```\n */')).toEqual([]);
  });
});

describe('examplesInMarkdown()', () => {
  test('shows named blocks to later sections until another of the name comes', () => {
    const named = (n: number): string[] => ['```ts', '// a.ts', `export const n = ${n};`, '```'];
    const sections = markdown(...named(1), '## B', '```ts', '1;', '```', '## C', ...named(2));
    expect(sections.map((section) => section.map(({ name, runs, line }) => [name, runs, line]))).toEqual([
      [['a.ts', true, 2]],
      [
        ['a.ts', false, 2],
        [undefined, true, 7],
      ],
      [['a.ts', true, 11]],
    ]);
  });

  test('reads blocks within lists, and passes over other languages', () => {
    const [section] = markdown(
      '- item',
      '  ```ts',
      '  if (a) {',
      '    b();',
      '  }',
      '  ```',
      '```js',
      'x',
      '```',
      '```tsx',
      'y',
      '```',
    );
    expect(section?.map(({ code }) => code)).toEqual(['if (a) {\n  b();\n}\n']);
  });
});
