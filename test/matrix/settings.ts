/**
 * The executors of the matrix, and how runs use them: a line each.
 *
 * An executor is opened once for a setting, and all workflows are run on it, one after another and then all at once.
 */

import { type AnyClusterOptions, LocalEngine, openCluster } from '../../src/cluster.ts';
import {
  type Cache,
  type Codecs,
  combined,
  type Executor,
  type Output,
  openCache,
  openInline,
  openProcesses,
  openThreads,
} from '../../src/index.ts';
import { matrixCodecs } from './tasks.ts';

/** What each executor that can take it is to be opened with. */
export interface Given {
  readonly codecs: Codecs;
  /** Where printed lines go. */
  readonly output: Output;
}

export interface Setting {
  readonly name: string;
  /** Where calls run: in this thread, in workers, or some here and some there. */
  readonly where: 'here' | 'elsewhere' | 'both';
  /** @param folder - that of the setting, for files */
  open(given: Given, folder: string): Executor | Promise<Executor>;
  /** Whether a sink listens to the runs. */
  readonly watched?: boolean;
  /** How often each workflow is run; once if not given. */
  readonly times?: number;
  /** Opens what the runs remember all calls in: what is found is neither printed nor told again, so that is not compared. */
  readonly openCache?: (folder: string) => Promise<Cache>;
}

const parts = (given: Given): Record<'threads' | 'processes', Executor> => ({
  threads: openThreads({ workers: 2, ...given }),
  processes: openProcesses({ workers: 2, references: { leastBytes: 1 }, ...given }),
});

/** Chooses in turn: this thread, threads, processes. */
function inTurn(): () => 'threads' | 'processes' | undefined {
  let calls = 0;
  return () => ([undefined, 'threads', 'processes'] as const)[calls++ % 3];
}

/** Workers in jobs that are processes here. */
function onJobs(given: Partial<AnyClusterOptions>, folder: string): Promise<Executor> {
  return openCluster({ engine: new LocalEngine(), workers: 2, folder, address: '127.0.0.1', ...given });
}

const quiet = { codecs: matrixCodecs, onTrouble: 'ignore' } as const;
const inMemory = (): Promise<Cache> => openCache(':memory:', quiet);
const asText = (): Promise<Cache> => openCache(':memory:', { ...quiet, format: 'json' });
const inDatabase = (folder: string): Promise<Cache> => openCache(folder, quiet);

/**
 * All of them; a new executor is a new line. So is a new cache, with `times: 2`: the second run finds what the first one
 * has kept.
 */
// biome-ignore format: a table reads best with a row each.
export const settings: readonly Setting[] = [
  { name: 'inline', where: 'here', open: () => openInline() },
  { name: 'inline, watched, each workflow twice', where: 'here', open: () => openInline(), watched: true, times: 2 },
  { name: 'inline, one at a time', where: 'here', open: () => openInline({ concurrency: 1 }) },
  { name: 'threads: 1', where: 'elsewhere', open: (given) => openThreads({ workers: 1, ...given }) },
  { name: 'threads: 2', where: 'elsewhere', open: (given) => openThreads({ workers: 2, ...given }) },
  { name: 'threads: 2, watched, each workflow twice', where: 'elsewhere', open: (given) => openThreads({ workers: 2, ...given }), watched: true, times: 2 },
  { name: 'threads: 2, each for 300 calls', where: 'elsewhere', open: (given) => openThreads({ workers: 2, maxCallsPerWorker: 300, ...given }) },
  { name: 'processes: 1', where: 'elsewhere', open: (given) => openProcesses({ workers: 1, ...given }) },
  { name: 'processes: 2', where: 'elsewhere', open: (given) => openProcesses({ workers: 2, ...given }) },
  { name: 'processes: 2, watched', where: 'elsewhere', open: (given) => openProcesses({ workers: 2, ...given }), watched: true },
  { name: 'processes: 2, all memory by reference', where: 'elsewhere', open: (given) => openProcesses({ workers: 2, references: { leastBytes: 1 }, ...given }) },
  { name: 'processes: 2, all memory by reference, watched, each workflow twice', where: 'elsewhere', open: (given) => openProcesses({ workers: 2, references: { leastBytes: 1 }, ...given }), watched: true, times: 2 },
  { name: 'jobs: 2', where: 'elsewhere', open: (given, folder) => onJobs(given, folder) },
  { name: 'jobs of two workers, all memory by reference, watched, each workflow twice', where: 'elsewhere', open: (given, folder) => onJobs({ workersPerJob: 2, references: { leastBytes: 1 }, ...given }, folder), watched: true, times: 2 },
  { name: 'combined by hint', where: 'both', open: (given) => combined({ executors: parts(given) }) },
  { name: 'combined in turn, watched', where: 'both', open: (given) => combined({ executors: parts(given), select: inTurn() }), watched: true },
  { name: 'inline, remembered in memory', where: 'here', open: () => openInline(), openCache: inMemory, times: 2 },
  { name: 'inline, remembered as text', where: 'here', open: () => openInline(), openCache: asText, times: 2 },
  { name: 'inline, remembered in a database', where: 'here', open: () => openInline(), openCache: inDatabase, times: 2, watched: true },
  { name: 'threads: 2, remembered in a database', where: 'elsewhere', open: (given) => openThreads({ workers: 2, ...given }), openCache: inDatabase, times: 2 },
  { name: 'processes: 2, remembered in a database', where: 'elsewhere', open: (given) => openProcesses({ workers: 2, ...given }), openCache: inDatabase, times: 2 },
];
