/** What executors over clusters are opened with, and what is refused. */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LocalEngine, openCluster, openSlurm, type SlurmOptions } from '../../../src/cluster.ts';
import { lastWordsOf } from '../../../src/executor/cluster/job-log.ts';
import { jobScript, quoted } from '../../../src/executor/cluster/job-script.ts';
import { localAddress } from '../../../src/executor/cluster/local-address.ts';
import { RunFolder } from '../../../src/executor/cluster/run-folder.ts';
import { task } from '../../../src/index.ts';
import { openLocal, testFolder } from '../../fixtures/local-cluster.ts';

describe('openSlurm()', () => {
  test.each<[string, unknown, RegExp]>([
    ['workers', undefined, /'workers' must be a positive integer, or \{ min, max \}: received undefined/],
    ['workers', 0, /'workers' must be a positive integer/],
    [
      'workers',
      { min: 3, max: 2 },
      /'workers\.min' must be an integer, at least 0 and at most 'max': received 3/,
    ],
    ['workersPerJob', 0, /'workersPerJob' must be an integer, at least 1: received 0/],
    ['cpusPerWorker', 1.5, /'cpusPerWorker' must be an integer, at least 1: received 1\.5/],
    ['gpusPerWorker', -1, /'gpusPerWorker' must be an integer, at least 0: received -1/],
    ['memoryBytesPerWorker', 0, /'memoryBytesPerWorker' must be a positive number: received 0/],
    ['time', 'soon', /'time' must be a time such as '01:30:00': received 'soon'/],
    ['time', 60, /'time' must be a time such as '01:30:00': received 60/],
    ['drainMs', -1, /'drainMs' must be a positive number/],
    ['beatMs', 0, /'beatMs' must be a positive number/],
    ['graceMs', Number.NaN, /'graceMs' must be a positive number/],
    ['idleMs', Number.POSITIVE_INFINITY, /'idleMs' must be a positive number/],
    ['maxLosses', 0, /'maxLosses' must be an integer, at least 1/],
    ['partition', '', /'partition' must be a text, not empty/],
    ['address', 7, /'address' must be a text, not empty: received 7/],
    ['prologue', 'module load node', /'prologue' must be a list of texts: received 'module load node'/],
    ['command', [], /'command' must be a program and its arguments/],
    ['sbatchOptions', [1], /'sbatchOptions' must be a list of texts/],
    ['references', { leastBytes: 0 }, /'references\.leastBytes' must be a positive integer/],
    ['output', 'loud', /'output' must be/],
    ['verbose', 1, /'verbose' must be/],
    ['nodes', 3, /nodes/],
    ['submitOptions', [], /submitOptions/],
  ])('refuses %s: %j', async (option, value, why) => {
    const options = { workers: 1, folder: testFolder(), [option]: value } as unknown as SlurmOptions;
    await expect(openSlurm(options)).rejects.toThrow(why);
    await expect(openSlurm(options)).rejects.toThrow(/^Cannot open workers by SLURM/);
  });

  test('leaves no folder behind when it cannot listen', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void server.close());
    const place = server.address();
    const port = typeof place === 'object' && place !== null ? place.port : 0;
    const folder = testFolder();
    const opening = openCluster({ engine: new LocalEngine(), workers: 1, folder, port });
    await expect(opening).rejects.toThrow(
      /^Cannot listen for jobs as .*EADDRINUSE.*: received address '127\.0\.0\.1', port/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('says so if its folder cannot be made', async () => {
    const folder = join(testFolder(), 'file');
    writeFileSync(folder, '');
    await expect(openCluster({ engine: new LocalEngine(), workers: 1, folder })).rejects.toThrow(
      /EEXIST|ENOTDIR/,
    );
  });
});

describe('openCluster()', () => {
  test('refuses what is no engine', async () => {
    await expect(openCluster({ workers: 1 } as never)).rejects.toThrow(
      /^Cannot open workers by an engine as 'engine' must be one: received undefined\n {2}such as slurmEngine\(\)/,
    );
  });

  test('hands on words for the command that submits', async () => {
    const { executor, engine } = await openLocal({ submitOptions: ['--nice'], workers: { min: 1, max: 1 } });
    await expect.poll(() => engine.requests.map(({ options }) => options)).toEqual([['--nice']]);
    expect(executor.name).toBe('local');
  });

  test('refuses tasks that jobs cannot find', async () => {
    const { executor } = await openLocal();
    await expect(executor.submit(task(() => 1, { name: 'stays' }))).rejects.toThrow(
      /Cannot send task 'stays' to a worker local as it stays in its process/,
    );
  });
});

describe('the hint job', () => {
  test.each<[unknown, RegExp]>([
    [3, /'job' as it must be an object of needs: received 3/],
    [{ cpus: 0 }, /'job\.cpus' as it must be an integer, at least 1: received 0/],
    [{ memoryBytes: -1 }, /'job\.memoryBytes' as it must be a positive number of bytes/],
    [{ gpus: 0.5 }, /'job\.gpus' as it must be an integer, at least 0/],
    [{ time: '1h' }, /'job\.time' as it must be a time such as '01:30:00': received 1h/],
    [{ constraint: '' }, /'job\.constraint' as it must be a text, not empty/],
    [{ cores: 2 }, /cores/],
  ])('refuses %j', (job, why) => {
    expect(() => task(() => 1, { name: 'large', job: job as never })).toThrow(why);
  });
});

describe('jobScript()', () => {
  test('replaces the shell, and leaves only what is raw to it', () => {
    const script = jobScript({
      prologue: ['module load node', 'export A=1'],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell reads it.
      command: ['/opt/my node', "it's", '--job', { raw: '${ID}_${N}' }, '$HOME', '--a=b/c:1,2'],
    });
    expect(script).toBe(
      "#!/bin/sh\nmodule load node\nexport A=1\nexec '/opt/my node' 'it'\\''s' --job \"${ID}_${N}\" '$HOME' --a=b/c:1,2\n",
    );
  });

  test.each(['', 'a b', "'", '"', '`x`', '$(x)', 'a\nb', '*', '~', '-'])(
    'quotes %j as one word',
    async (word) => {
      const { execFileSync } = await import('node:child_process');
      expect(execFileSync('/bin/sh', ['-c', `printf %s ${quoted(word)}`], { encoding: 'utf8' })).toBe(word);
    },
  );
});

describe('lastWordsOf()', () => {
  test('gives the last line that says why, or else the last one', () => {
    const folder = testFolder();
    writeFileSync(join(folder, 'slurm-7_0.out'), 'loading\nnode: command not found\nbye\n\n');
    writeFileSync(join(folder, '7_1.out'), 'one\ntwo\n');
    writeFileSync(join(folder, '7_2.out'), '');
    writeFileSync(join(folder, '7_3.out'), `error ${'x'.repeat(10_000)}`);
    expect(lastWordsOf(folder, '7_0')).toBe('node: command not found');
    expect(lastWordsOf(folder, '7_1')).toBe('two');
    expect(lastWordsOf(folder, '7_2')).toBeUndefined();
    expect(lastWordsOf(folder, '7_3')?.length).toBeLessThan(300);
    expect(lastWordsOf(folder, '8_0')).toBeUndefined();
    expect(lastWordsOf('/nowhere', '7_0')).toBeUndefined();
  });
});

describe('RunFolder', () => {
  test('removes what programs of this machine have left that are gone, and nothing else', () => {
    const parent = testFolder();
    const left = [
      `heddle-run-${hostname()}-999999999-abc`,
      `heddle-run-${hostname()}-${process.pid}-abc`,
      'heddle-run-elsewhere-999999999-abc',
      'data',
    ];
    for (const name of left) mkdirSync(join(parent, name));
    const folder = new RunFolder(parent);
    expect(readdirSync(parent)).not.toContain(left[0]);
    for (const name of left.slice(1)) expect(readdirSync(parent)).toContain(name);
    folder.remove();
    folder.remove();
    expect(readdirSync(parent)).toHaveLength(3);
  });
});

test('localAddress() gives an address of version 4', () => {
  expect(localAddress()).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
});
