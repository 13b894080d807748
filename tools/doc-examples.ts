/**
 * Type-checks and runs the examples of the README, the guides, and TSDoc, so that none can be wrong.
 *
 * Each block becomes a module inside the project, under `.heddle/`, where `import … from 'heddle'` gives the built
 * package as users get it, and where workers can import the tasks it defines. (Not under `node_modules`: Node strips no
 * types there.) Each runs in a process of its own, which must end by itself within {@link LIMIT_MS}: an example that leaves a
 * handle open is wrong. Only `assert` needs no import; nor do, in examples that do not import 'heddle', the exports of the
 * source they stand in. Messages name the document's lines.
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { build } from './build.ts';
import { type Example, examplesInMarkdown, examplesInSource, type Section } from './find-examples.ts';

/** Arbitrary: far above what an example should take, even on a busy machine. */
const LIMIT_MS = 20_000;

const root = join(import.meta.dirname, '..');

/** What {@link checkExamples} found. */
export interface ExamplesReport {
  /** How many blocks were type-checked. */
  readonly checked: number;
  /** How many of them were run. */
  readonly ran: number;
  /** A message for each that is wrong; empty if all are right. */
  readonly failures: readonly string[];
}

/** A block, written down. */
interface Written {
  readonly example: Example;
  readonly path: string;
  /** Line of the document minus line of the module. */
  readonly shift: number;
}

/** Finds every example of the project. */
export function findExamples(): readonly Section[] {
  const read = (file: string): string => readFileSync(join(root, file), 'utf8');
  const documents = ['README.md', ...globSync('docs/guide/**/*.md', { cwd: root }).sort()];
  const sources = globSync('src/**/*.ts', { cwd: root }).sort();
  return [
    ...documents
      .filter((file) => existsSync(join(root, file)))
      .flatMap((file) => examplesInMarkdown(file, read(file))),
    ...sources.flatMap((file) => examplesInSource(file, read(file))),
  ];
}

/**
 * Checks examples: builds the package, type-checks all blocks at once, then runs those that are to be run.
 *
 * @param sections - those of the project if not given
 */
export async function checkExamples(sections: readonly Section[] = findExamples()): Promise<ExamplesReport> {
  const checked = sections.reduce((sum, section) => sum + section.length, 0);
  if (checked === 0) return { checked, ran: 0, failures: [] };
  const { built, output } = build();
  if (!built) return { checked: 0, ran: 0, failures: [output] };
  // A folder for each process, since the tests and `npm run ok` may be at it at once.
  const folder = join(root, '.heddle', 'doc-examples', String(process.pid));
  rmSync(folder, { recursive: true, force: true });
  try {
    const written = sections.flatMap((section, index) =>
      writeSection(section, join(folder, String(index + 1))),
    );
    const failures = await typeErrors(folder, written);
    const toRun = written.filter(({ example }) => example.runs);
    // Wrong types would only be told twice.
    if (failures.length === 0) failures.push(...(await runAll(toRun)));
    return { checked, ran: failures.length === 0 ? toRun.length : 0, failures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeSection(section: Section, folder: string): Written[] {
  mkdirSync(folder, { recursive: true });
  const written: Written[] = [];
  let text = '';
  for (const [index, example] of section.entries()) {
    text = example.continues ? `${text}\n${example.code}` : example.code;
    // On the first line, so that it moves no other.
    const prelude = `${importAssert(text)}${importOwn(example.file, text, folder)}`;
    const path = join(folder, example.name ?? `block-${index + 1}.ts`);
    const codeStartsAt = text.split('\n').length - example.code.split('\n').length;
    writeFileSync(path, `${prelude}${text}\nexport {};\n`);
    written.push({ example, path, shift: example.line - 1 - codeStartsAt });
  }
  return written;
}

function importAssert(text: string): string {
  const needed = /\bassert\b/.test(text) && !/\bimport\b[^;]*\bassert\b/.test(text);
  return needed ? "import assert from 'node:assert/strict'; " : '';
}

/**
 * Imports what the example's own source exports, for the examples of what users cannot import. Those that import
 * 'heddle' are for users, and must say all they need.
 */
function importOwn(file: string, text: string, folder: string): string {
  if (!file.startsWith('src/') || /from 'heddle/.test(text)) return '';
  const source = readFileSync(join(root, file), 'utf8');
  const exported = /^export (?:async )?(?:(interface|type)|function\*?|const|class|abstract class) (\w+)/gm;
  const names = [...source.matchAll(exported)].flatMap(([, isType, name = '']) => {
    const used =
      new RegExp(`\\b${name}\\b`).test(text) && !new RegExp(`\\bimport\\b[^;]*\\b${name}\\b`).test(text);
    return used ? [isType === undefined ? name : `type ${name}`] : [];
  });
  return names.length === 0
    ? ''
    : `import { ${names.join(', ')} } from '${relative(folder, join(root, file))}'; `;
}

async function typeErrors(folder: string, written: readonly Written[]): Promise<string[]> {
  const up = relative(folder, root);
  const options = { noEmit: true, moduleDetection: 'force', rootDir: up, noUnusedLocals: false };
  const config = {
    extends: `${up}/tsconfig.json`,
    compilerOptions: options,
    include: ['**/*.ts'],
    exclude: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code, output } = await start([compiler, '-p', folder, '--pretty', 'false'], root, 120_000);
  return code === 0 ? [] : [inDocument(output, written)];
}

/** Runs as many at once as there are cores. */
async function runAll(written: readonly Written[]): Promise<string[]> {
  const waiting = [...written];
  const failures: string[] = [];
  const takeTurns = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { code, output } = await start([next.path], dirname(next.path), LIMIT_MS);
      const { file, line } = next.example;
      if (code !== 0)
        failures.push(`${file}:${line}  the example failed (${code})\n${inDocument(output, written)}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, takeTurns));
  return failures;
}

/** Puts the document's files and lines in the place of the modules'. */
function inDocument(output: string, written: readonly Written[]): string {
  let text = output.trim();
  for (const { example, path, shift } of written) {
    for (const name of [`file://${path}`, path, relative(root, path)]) {
      text = text.replaceAll(
        new RegExp(`${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}([:(])(\\d+)`, 'g'),
        (_, mark: string, line: string) => {
          return `${example.file}${mark}${Number(line) + shift}`;
        },
      );
    }
  }
  return text;
}

function start(
  args: readonly string[],
  cwd: string,
  limitMs: number,
): Promise<{ code: number | string; output: string }> {
  return new Promise((settle) => {
    const child = spawn(process.execPath, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', (code, signal) => {
      const ended =
        signal === 'SIGKILL' ? `not ended after ${limitMs / 1000} s` : `ended by ${signal ?? 'nothing'}`;
      settle({ code: code ?? ended, output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}

if (import.meta.main) {
  const { checked, ran, failures } = await checkExamples();
  for (const failure of failures) console.error(`${failure}\n`);
  if (failures.length > 0) process.exitCode = 1;
  else console.log(`${checked} examples have right types, ${ran} were run`);
}
