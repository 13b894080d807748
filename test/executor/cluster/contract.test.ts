/** Executors over jobs pass the contract of executors, and engines that of engines. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { LocalEngine, openCluster } from '../../../src/cluster.ts';
import { engineContract } from '../../../src/testing.ts';
import { testContract } from '../../fixtures/run-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'heddle-cluster-contract-'));
const engine = new LocalEngine({ killWaitMs: 300 });
afterAll(() => {
  engine[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

testContract('openCluster', {
  open: () => openCluster({ engine, workers: 2 }),
});
testContract('openCluster, two workers in a job', {
  open: () => openCluster({ engine, workers: 2, workersPerJob: 2 }),
});

describe('the contract of engines: LocalEngine', () => {
  for (const { name, run } of engineContract({ open: () => engine, folder })) {
    // oxlint-disable-next-line vitest/valid-title, vitest/expect-expect -- the contract names its cases, and asserts itself.
    test(name, { timeout: 20_000 }, run);
  }
});
