/**
 * `npm run ok`: everything that CI runs, in CI's order, in one command.
 *
 * Promises a line for each step, the output of the step that failed and of no other, a stop at the first failure,
 * and an honest exit code. Leaves installing and building first to `prepare.mjs`.
 *
 * Options: `--list`, `--only NAME`, `--skip NAME` (both may repeat), `--from NAME`.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules', '.bin');

interface Step {
  readonly name: string;
  /** What it finds out, for `--list`. */
  readonly checks: string;
  readonly run: readonly [program: string, ...args: string[]];
}

/** Cheap and telling first: a misplaced import is known before the tests have begun. */
const STEPS: readonly Step[] = [
  { name: 'format', checks: 'layout of every file', run: ['biome', 'check', '--linter-enabled=false', '.'] },
  {
    name: 'lint',
    checks: 'floating promises and other slips',
    run: ['oxlint', '--type-aware', '--deny-warnings'],
  },
  { name: 'layers', checks: 'who imports whom', run: ['node', 'tools/check-layers.ts'] },
  {
    name: 'lockfile',
    checks: 'whether npm ci accepts it on every platform',
    run: ['node', 'tools/complete-lockfile.mjs', '--check'],
  },
  { name: 'types', checks: 'types of everything, and type tests', run: ['tsc', '-p', 'tsconfig.json'] },
  {
    name: 'page',
    checks: "types of the dashboard's page, for browsers",
    run: ['tsc', '-p', 'dashboard-ui/tsconfig.json'],
  },
  { name: 'build', checks: 'dist/, with declarations', run: ['node', 'tools/build.ts'] },
  {
    name: 'unused',
    checks: 'files, exports and dependencies nobody uses',
    run: ['knip', '--no-progress', '--no-config-hints'],
  },
  { name: 'package', checks: 'what package.json promises', run: ['publint', '--strict'] },
  {
    name: 'exports',
    checks: 'types as users resolve them',
    run: ['attw', '--pack', '.', '--profile', 'esm-only', '--no-emoji'],
  },
  {
    name: 'examples',
    checks: 'examples in documentation and comments',
    run: ['node', 'tools/doc-examples.ts'],
  },
  { name: 'tests', checks: 'tests, with coverage that counts workers', run: ['c8', 'vitest', 'run'] },
];

const { values } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    skip: { type: 'string', multiple: true, default: [] },
    from: { type: 'string' },
  },
});

for (const name of [...values.only, ...values.skip, ...(values.from === undefined ? [] : [values.from])]) {
  if (STEPS.every((step) => step.name !== name)) {
    console.error(`Cannot find the step as none has that name: received '${name}'`);
    console.error(`Steps: ${STEPS.map((step) => step.name).join(', ')}`);
    process.exit(2);
  }
}
const first = STEPS.findIndex((step) => step.name === values.from);
const chosen = STEPS.slice(Math.max(first, 0)).filter(
  ({ name }) => (values.only.length === 0 || values.only.includes(name)) && !values.skip.includes(name),
);

if (values.list) for (const { name, checks } of chosen) console.log(`${name.padEnd(10)}${checks}`);
else process.exitCode = await runSteps(chosen);

async function runSteps(steps: readonly Step[]): Promise<number> {
  const startedMs = performance.now();
  for (const { name, run } of steps) {
    const stepMs = performance.now();
    const { code, output } = await start(run);
    console.log(`${code === 0 ? '✓' : '✗'} ${name.padEnd(10)}${seconds(stepMs)}`);
    if (code === 0) continue;
    console.log(`\n${output.trim()}\n`);
    console.log(`✗ '${name}' failed: ${run.join(' ')}`);
    console.log(`  Again, alone: npm run ok -- --only ${name}`);
    return 1;
  }
  console.log(`✓ ok, ${steps.length} steps in ${seconds(startedMs).trim()}`);
  return 0;
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1).padStart(6)} s`;
}

/** Runs a step on this very Node, with the project's tools before all others, and keeps what it says. */
function start([program, ...args]: Step['run']): Promise<{ code: number; output: string }> {
  return new Promise((settle) => {
    const path = `${bin}:${process.env['PATH'] ?? ''}`;
    const isNode = program === 'node';
    const child = spawn(isNode ? process.execPath : join(bin, program), args, {
      cwd: root,
      env: { ...process.env, PATH: path },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    const end = (code: number, also = ''): void =>
      settle({ code, output: Buffer.concat(chunks).toString('utf8') + also });
    child.on('error', (error) => end(1, `Cannot start '${program}' as ${error.message}`));
    child.on('close', (code) => end(code ?? 1));
  });
}
