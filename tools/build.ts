/**
 * Builds `dist/` from `src/`, beside the old one, which it then replaces as a whole: declarations by the TypeScript
 * compiler, code by `bundle.ts`, the dashboard's page by `bundle-page.ts`.
 *
 * Promises that after it ends well `dist/` is complete and current, that it does nothing (in some tens of milliseconds)
 * when nothing changed, and that two builds at once take turns. Leaves types of tests and tools to `npm run ok`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleNames } from './bundle.ts';
import { pageNames } from './bundle-page.ts';
import { holdLock } from './hold-lock.mjs';

const root = join(import.meta.dirname, '..');
const cache = join(root, 'node_modules', '.cache', 'heddle');

const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
/** In a process of its own, so that building with nothing to do need not load it. */
const bundler = join(root, 'tools', 'bundle.ts');
const pageBundler = join(root, 'tools', 'bundle-page.ts');

const dist = join(root, 'dist');
/** Where all is written first. Beside `dist/`, so that source maps tell the way from there. */
const next = join(root, 'dist-next');

/** What decides about the result besides the sources. The lockfile tells the compiler and the bundler. */
const SETTINGS = [
  'tsconfig.json',
  'tsconfig.build.json',
  'package.json',
  'package-lock.json',
  'tools/build.ts',
  'tools/bundle.ts',
  'tools/bundle-page.ts',
];

/** Holds the digest of everything the last good build read. */
const stamp = join(cache, 'built');

/** What the compiler writes for one source, by suffix. */
const DECLARED = ['.d.ts', '.d.ts.map'];

/** What {@link build} found and did. */
export interface BuildReport {
  /** Whether `dist/` is complete and current. */
  readonly built: boolean;
  /** Whether anything had to be done. */
  readonly changed: boolean;
  /** What the compiler said; empty if nothing. */
  readonly output: string;
}

/**
 * Brings `dist/` up to date.
 *
 * @example
 * ```ts no-run
 * const { built, output } = build();
 * if (!built) console.error(output);
 * ```
 */
export function build(): BuildReport {
  const release = holdLock(join(root, '.heddle', 'build.lock'));
  try {
    const sources = globSync('src/**/*.ts', { cwd: root }).sort();
    const pageSources = globSync('dashboard-ui/**/*.{ts,tsx,css,json}', { cwd: root }).sort();
    const digest = digestOf([...sources, ...pageSources, ...SETTINGS]);
    const expected = new Set([
      ...sources.flatMap(declaredFor),
      ...bundleNames().flatMap(bundledFor),
      ...pageNames(),
    ]);
    if (isCurrent(digest, expected)) return { built: true, changed: false, output: '' };
    rmSync(next, { recursive: true, force: true });
    const output =
      run(compiler, [
        '-p',
        'tsconfig.build.json',
        '--emitDeclarationOnly',
        '--outDir',
        next,
        '--pretty',
        process.stderr.isTTY ? 'true' : 'false',
      ]) ??
      run(bundler, [next]) ??
      run(pageBundler, [next]);
    if (output !== undefined) return { built: false, changed: true, output };
    const missing = [...expected].filter((file) => !existsSync(join(next, file)));
    if (missing.length > 0) {
      const output = `Cannot complete 'dist/' as ${missing.length} files were left out: received none for '${missing[0]}'`;
      return { built: false, changed: true, output };
    }
    putInPlace();
    mkdirSync(cache, { recursive: true });
    writeFileSync(stamp, digest);
    return { built: true, changed: true, output: '' };
  } finally {
    release();
  }
}

/** Runs a program of Node.js. It gives what the program said if it failed. */
function run(program: string, args: readonly string[]): string | undefined {
  const options = { cwd: root, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], options);
  return status === 0 ? undefined : `${stdout}${stderr}`.trim();
}

/** Exchanges folders, so that no program finds `dist/` half written. */
function putInPlace(): void {
  const old = join(root, '.heddle', 'dist-old');
  rmSync(old, { recursive: true, force: true });
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(next, dist);
  rmSync(old, { recursive: true, force: true });
}

/** Below `dist/`. */
function declaredFor(source: string): string[] {
  if (source.endsWith('.d.ts')) return [];
  const base = source.replace(/^src\//, '').replace(/\.ts$/, '');
  return DECLARED.map((suffix) => base + suffix);
}

/** Below `dist/`. An entry that only hands on what the chunks have needs no source map. */
function bundledFor(name: string): string[] {
  return name.startsWith('chunks/') ? [name, `${name}.map`] : [name];
}

function digestOf(files: readonly string[]): string {
  const digest = createHash('sha256').update(process.version);
  for (const file of files) digest.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  return digest.digest('hex');
}

function isCurrent(digest: string, expected: ReadonlySet<string>): boolean {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digest && isComplete(expected);
}

function isComplete(expected: ReadonlySet<string>): boolean {
  return [...expected].every((file) => existsSync(join(dist, file)));
}

if (import.meta.main) {
  const startedMs = performance.now();
  const { built, changed, output } = build();
  if (output !== '') console.error(output);
  if (!built) {
    console.error("Cannot build 'dist/' as the sources have errors: received those above");
    process.exitCode = 1;
  } else if (changed && !process.argv.includes('--quiet')) {
    console.error(`Built dist/ in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  }
}
