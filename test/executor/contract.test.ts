/** Every executor of heddle passes the contract. */

import { openInline, openThreads } from '../../src/index.ts';
import { testContract } from '../fixtures/run-contract.ts';

testContract('openInline', { open: () => openInline({ concurrency: 2 }) });
testContract('openThreads', { open: () => openThreads({ workers: 2 }) });
