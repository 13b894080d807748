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
  import: {
    title: 'Loading',
    processes: 1, // It starts processes of its own.
    load: async () => (await import('./sections/import.ts')).measureImport,
  },
};
