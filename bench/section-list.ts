/**
 * The sections of the benchmark, in the order in which they are measured.
 *
 * Each is loaded in the process that measures it and nowhere else, so that no section runs on code that another has
 * warmed up, or on types of objects that another has shown the compiler.
 */

import type { Section } from './figure.ts';

interface Entry {
  readonly title: string;
  /** In how many fresh processes the section is measured. */
  readonly processes: number;
  /**
   * By its name all sections of a group are asked for. Those of `pool` are measured only then: they take minutes, and install
   * what they compare with.
   */
  readonly group?: 'artifacts' | 'pool';
  readonly load: () => Promise<Section>;
}

/** By name, as it is given on the command line. */
export const sectionList: Readonly<Record<string, Entry>> = {
  build: {
    title: 'Making a call',
    processes: 5,
    load: async () => (await import('./sections/build.ts')).measureBuild,
  },
  graphs: {
    title: 'Running a graph in this thread',
    processes: 3,
    load: async () => (await import('./sections/graphs.ts')).measureGraphs,
  },
  cold: {
    title: 'The first graph of a process, before its code is compiled',
    processes: 9, // Three for each of three sizes.
    load: async () => (await import('./sections/cold.ts')).measureCold,
  },
  tail: {
    title: 'Tail calls: a task that returns a call of itself',
    processes: 3,
    load: async () => (await import('./sections/tail.ts')).measureTail,
  },
  baselines: {
    title: 'The same work without heddle',
    processes: 3,
    load: async () => (await import('./sections/baselines.ts')).measureBaselines,
  },
  threads: {
    title: 'Worker threads',
    processes: 3,
    load: async () => (await import('./sections/threads.ts')).measureThreads,
  },
  cluster: {
    title: 'Jobs of a cluster',
    processes: 1, // It starts a SLURM of its own.
    load: async () => (await import('./sections/cluster.ts')).measureCluster,
  },
  streams: {
    title: 'Streams in this thread',
    processes: 3,
    load: async () => (await import('./sections/streams.ts')).measureStreams,
  },
  tracking: {
    title: '1,000 experiments with an artifact each',
    processes: 3,
    group: 'artifacts',
    load: async () => (await import('./sections/tracking.ts')).measureTracking,
  },
  cadets: {
    title: 'Cadets, started and joined',
    processes: 5,
    group: 'artifacts',
    load: async () => (await import('./sections/cadets.ts')).measureCadets,
  },
  pipeline: {
    title: 'Pipelines of three stages',
    processes: 1,
    load: async () => (await import('./sections/pipeline.ts')).measurePipeline,
  },
  observe: {
    title: 'Watching',
    processes: 1, // It takes a minute.
    load: async () => (await import('./sections/observe.ts')).measureObserve,
  },
  import: {
    title: 'Loading',
    processes: 1, // It starts processes of its own.
    load: async () => (await import('./sections/import.ts')).measureImport,
  },
  digest: {
    title: 'Digests of values',
    processes: 3,
    load: async () => (await import('./sections/digest.ts')).measureDigest,
  },
  sources: {
    title: 'The source of a module',
    processes: 9, // The first time in a process is what counts.
    load: async () => (await import('./sections/sources.ts')).measureSources,
  },
  codec: {
    title: 'Values as bytes and text',
    processes: 3,
    load: async () => (await import('./sections/codec.ts')).measureCodec,
  },
  cache: {
    title: 'Remembering',
    processes: 3,
    load: async () => (await import('./sections/cache.ts')).measureCache,
  },
  'cache-sqlite': {
    title: 'A cache in a database',
    processes: 3,
    load: async () => (await import('./sections/cache-sqlite.ts')).measureCacheSqlite,
  },
  queue: {
    title: 'A queue: two workers behind BullMQ on Redis',
    processes: 1, // It starts processes of its own.
    load: async () => (await import('./sections/queue.ts')).measureQueue,
  },
  fleet: {
    title: 'One client before 10,000 workers that are not there',
    processes: 1,
    load: async () => (await import('./sections/fleet.ts')).measureFleet,
  },
  'pool-tiny': {
    title: 'Tiny tasks over two worker threads',
    processes: 1, // It starts processes of its own, as do the others of its group.
    group: 'pool',
    load: async () => (await import('./sections/pool-tiny.ts')).measurePoolTiny,
  },
  'pool-lone': {
    title: 'One task at a time over worker threads',
    processes: 1,
    group: 'pool',
    load: async () => (await import('./sections/pool-lone.ts')).measurePoolLone,
  },
  'pool-map': {
    title: 'Lazy maps over two worker threads',
    processes: 1,
    group: 'pool',
    load: async () => (await import('./sections/pool-map.ts')).measurePoolMap,
  },
  'pool-payloads': {
    title: 'Payloads to worker threads, four tasks at a time',
    processes: 1,
    group: 'pool',
    load: async () => (await import('./sections/pool-payloads.ts')).measurePoolPayloads,
  },
  'pool-start': {
    title: 'Starting a pool',
    processes: 1,
    group: 'pool',
    load: async () => (await import('./sections/pool-start.ts')).measurePoolStart,
  },
  'pool-processes': {
    title: 'Tiny tasks over two child processes',
    processes: 1,
    group: 'pool',
    load: async () => (await import('./sections/pool-processes.ts')).measurePoolProcesses,
  },
};

/**
 * The sections that are asked for: all that belong to no group unless some are named, by their own name or that of their
 * group; `undefined` for a name that is neither.
 */
export function chooseSections(
  asked: readonly string[],
): { readonly name: string; readonly sections: readonly string[] | undefined }[] {
  const names = Object.keys(sectionList);
  if (asked.length === 0) {
    return [{ name: 'all', sections: names.filter((name) => sectionList[name]?.group !== 'pool') }];
  }
  return asked.map((name) => {
    const ofGroup = names.filter((section) => sectionList[section]?.group === name);
    if (ofGroup.length > 0) return { name, sections: ofGroup };
    return { name, sections: Object.hasOwn(sectionList, name) ? [name] : undefined };
  });
}
