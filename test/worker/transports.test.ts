/** Every transport of heddle passes the contract of transports. */

import { describe, test } from 'vitest';
import { transportContract } from '../../src/testing/transport-contract.ts';
import { processTransports } from '../../src/worker/process-transport.ts';
import { threadTransports } from '../../src/worker/thread-transport.ts';
import { workerCommand } from '../fixtures/worker-command.ts';

describe.each([
  ['threads', () => threadTransports()],
  ['processes', () => processTransports()],
  ['processes by a command', () => processTransports({ command: workerCommand })],
  ['processes that somebody is told of', () => processTransports({ verbose: () => undefined })],
] as const)('the contract of transports: %s', (_, open) => {
  // oxlint-disable-next-line vitest/valid-title, vitest/expect-expect -- the contract names its cases, and asserts itself.
  for (const { name, run } of transportContract(open)) test(name, { timeout: 15_000 }, run);
});
