/**
 * Random edits of a small project between runs, each in a process of its own: what is remembered gives what computing gives,
 * and what an edit does not touch is not computed again.
 */

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProgramFolder } from '../../fixtures/run-program.ts';

const limitMs = 90_000;

interface Module {
  /** The modules before it that it imports. */
  readonly imports: readonly number[];
  readonly value: number;
}

interface Edit {
  readonly module: number;
  readonly value: number;
}

const count = 5;

const projects: fc.Arbitrary<readonly Module[]> = fc.tuple(
  ...Array.from({ length: count }, (_, i) =>
    fc.record({
      imports: i === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(i - 1), { maxLength: 2 }),
      value: fc.nat(3),
    }),
  ),
);

const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.record({ module: fc.nat(count - 1), value: fc.nat(3) }),
  { minLength: 1, maxLength: 3 },
);

function textOf({ imports, value }: Module, index: number): string {
  const names = imports.map((other) => `part${other}`);
  return [
    `import { appendFileSync } from 'node:fs';`,
    `import { task, tasks } from 'heddle';`,
    ...imports.map((other) => `import { part${other} } from './module${other}.ts';`),
    `const own: number = ${value};`,
    `export const part${index} = (): number => ${['own', ...names.map((name) => `${name}()`)].join(' + ')};`,
    `export const { task${index} } = tasks(import.meta, {`,
    `  task${index}: task((x: number): number => {`,
    `    appendFileSync('log', '${index}\\n');`,
    `    return x * 100 + part${index}();`,
    `  }, { cache: true }),`,
    `});`,
  ].join('\n');
}

const mainText = [
  `import { openCache, run } from 'heddle';`,
  ...Array.from({ length: count }, (_, i) => `import { task${i} } from './module${i}.ts';`),
  `const cache = process.env.PLAIN === undefined ? await openCache('kept', { onTrouble(trouble) { throw trouble.cause; } }) : undefined;`,
  `const target = [${Array.from({ length: count }, (_, i) => `task${i}(1)`).join(', ')}, task4(task0(2))];`,
  `process.stdout.write(JSON.stringify(await run(target, cache === undefined ? {} : { cache })));`,
  `await cache?.close();`,
].join('\n');

/** What the function of a module gives. */
function partOf(project: readonly Module[], index: number): number {
  const { imports, value } = project[index] as Module;
  return imports.reduce((sum, other) => sum + partOf(project, other), value);
}

/** Whether a module is another, or imports it, by way of others maybe. */
function reaches(project: readonly Module[], from: number, to: number): boolean {
  return from === to || (project[from] as Module).imports.some((next) => reaches(project, next, to));
}

function valuesOf(project: readonly Module[]): readonly number[] {
  const first = 200 + partOf(project, 0);
  return [...project.map((_, i) => 100 + partOf(project, i)), first * 100 + partOf(project, 4)];
}

/** The tasks that the last run computed. */
function takeComputed(folder: string): readonly number[] {
  const log = join(folder, 'log');
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n').map(Number);
  rmSync(log);
  return lines;
}

test('what is remembered is what computing gives, whatever was edited', { timeout: limitMs }, async () => {
  await fc.assert(
    fc.asyncProperty(projects, edits, async (first, all) => {
      const files = Object.fromEntries(first.map((module, i) => [`module${i}.ts`, textOf(module, i)]));
      using program = new ProgramFolder({ 'main.ts': mainText, ...files });
      const runIt = async (project: readonly Module[]): Promise<readonly number[]> => {
        const { stdout, stderr } = await program.run('main.ts');
        expect({ stdout, stderr }).toEqual({ stdout: JSON.stringify(valuesOf(project)), stderr: '' });
        return takeComputed(program.path);
      };
      expect(await runIt(first)).toHaveLength(count + 2);
      let project = first;
      for (const { module, value } of all) {
        const before = project;
        project = project.map((other, i) => (i === module ? { ...other, value } : other));
        writeFileSync(join(program.path, `module${module}.ts`), textOf(project[module] as Module, module));
        const computed = new Set(await runIt(project));
        const isSame = before[module]?.value === value;
        // The last call is given what the first module gives.
        const isTouched = (task: number): boolean =>
          !isSame && (reaches(project, task, module) || (task === 4 && reaches(project, 0, module)));
        for (const task of computed) expect([task, isTouched(task)]).toEqual([task, true]);
      }
      // Nothing is left to compute.
      expect(await runIt(project)).toEqual([]);
    }),
    { numRuns: 12, plugins: [fc.interruptAfterTimeLimit(limitMs / 3)] },
  );
});
