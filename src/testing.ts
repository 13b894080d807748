/**
 * What heddle's own tests are made with, for the tests of others: a clock that is turned by hand, a sink
 * that remembers, a slow and obvious way to compute a graph, and the contracts that executors, engines,
 * stores and records pass.
 *
 * It needs no test framework.
 */

export { computeAlone, isCorrect } from './testing/compute-alone.ts';
export { type EngineSubject, engineContract } from './testing/engine-contract.ts';
export { eventFaults } from './testing/event-faults.ts';
export { type ContractCase, type ContractSubject, executorContract } from './testing/executor-contract.ts';
export { FakeClock } from './testing/fake-clock.ts';
export { RecordingSink } from './testing/recording-sink.ts';
export { type RecordsSubject, recordsContract } from './testing/records-contract.ts';
export { type StoreSubject, storeContract } from './testing/store-contract.ts';
