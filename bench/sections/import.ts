/**
 * What `import 'heddle'` costs a program that starts: the time inside it, and its whole life beside a bare one's.
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Figure, Settings } from '../figure.ts';
import { inTurns, timeMs } from '../in-turns.ts';
import { median } from '../median.ts';

const root = join(import.meta.dirname, '..', '..');
const importing =
  "const startMs = performance.now(); await import('heddle'); console.log(performance.now() - startMs);";

/** Measures the section `import`. */
export async function measureImport({ quick }: Settings): Promise<readonly Figure[]> {
  const importMs: number[] = [];
  const life = await inTurns(
    {
      bare: () => timeMs(() => runProgram('')),
      heddle: () => timeMs(async () => importMs.push(Number(await runProgram(importing)))),
    },
    quick ? 5 : 21,
  );
  return [
    { name: "import 'heddle'", unit: 'ms', value: median(importMs), atMost: 15 },
    { name: 'bare Node, from start to end', unit: 'ms', value: life.bare },
    { name: "with import 'heddle'", unit: 'ms', value: life.heddle },
  ];
}

async function runProgram(source: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], {
    cwd: root,
    timeout: 60_000,
  });
  return stdout;
}
