/**
 * Who may import whom, as data: the table of `ARCHITECTURE.md`, and the exceptions to it, each with its reason.
 *
 * Promises nothing by itself: `check-layers.ts` reads it. To move a wall, change this table, `ARCHITECTURE.md`, and a
 * design note together.
 */

/** What one folder of `src/` may do. Folders of a layer may import lower layers, and each other if no cycle results. */
export interface FolderRule {
  /** Lower may not import higher. */
  readonly layer: number;
  /** Whether the folder is without `node:*`, packages, clock, randomness and promises. */
  readonly pure?: true;
  /** If given, the only other folders this one may import, whatever the layers say. */
  readonly only?: readonly string[];
  /** If given, of these folders this one may import these files alone: contracts, not what fulfils them. */
  readonly contracts?: Readonly<Record<string, readonly string[]>>;
}

/** The folders of `src/`, by name. */
export const FOLDERS: Readonly<Record<string, FolderRule>> = {
  base: { layer: 0 },
  codec: { layer: 1 },
  streams: { layer: 1 },
  allocation: { layer: 1, only: ['base'] },
  task: { layer: 2, pure: true },
  store: { layer: 2, only: ['base', 'codec'] },
  sources: { layer: 2, only: ['base', 'codec'] },
  graph: { layer: 3, pure: true },
  events: { layer: 3, pure: true },
  worker: { layer: 3 },
  scheduler: { layer: 4, pure: true },
  pool: { layer: 4 },
  cache: { layer: 4 },
  observe: { layer: 4, pure: true },
  terminal: { layer: 5, only: ['observe', 'events', 'base'] },
  progress: { layer: 5, only: ['base', 'observe', 'terminal'] },
  executor: {
    layer: 5,
    only: ['base', 'codec', 'streams', 'sources', 'allocation', 'task', 'events', 'worker', 'pool'],
  },
  artifacts: { layer: 5 },
  traces: { layer: 5, only: ['base', 'events', 'observe'] },
  // Its counts for Prometheus are those of `traces/`.
  dashboard: { layer: 5, only: ['base', 'events', 'observe', 'traces'] },
  run: {
    layer: 6,
    contracts: {
      executor: ['executor.ts'],
      artifacts: ['argument-error.ts', 'markers.ts', 'source.ts'],
      store: ['store.ts'],
      cache: [
        'cache.ts',
        'call-cache.ts',
        'call-key.ts',
        'graph-key.ts',
        'is-cache.ts',
        'metadata.ts',
        'rerun.ts',
        'run-log.ts',
        'surroundings.ts',
        'ticket.ts',
      ],
      codec: [
        'canonical/digester.ts',
        'codecs.ts',
        'copy.ts',
        'json-writer.ts',
        'find.ts',
        'holds-function.ts',
        'sealed.ts',
      ],
    },
  },
  parallel: { layer: 6 },
  // Opens pools for its stages, as users do.
  pipeline: { layer: 6, contracts: { executor: ['executor.ts', 'submitter.ts'] } },
  cached: { layer: 6, contracts: { executor: ['executor.ts'], parallel: ['worker-pool.ts'] } },
  testing: { layer: 6 },
  cli: { layer: 8, only: ['façades'] },
};

/** Layer of the façades, the files directly in `src/`. */
export const FACADE_LAYER = 7;

/** Files that may start threads and processes (never 3). */
export const MAY_ISOLATE: readonly RegExp[] = [
  /^src\/worker\/(?:.*\/)?[^/]*transport[^/]*(?:\/|$)/,
  /^src\/worker\/living-processes\.ts$/,
  // The far end of a transport: it starts the worker that the host reaches by its standard streams.
  /^src\/worker\/stdio-worker\.ts$/,
  /^src\/worker\/inside\/main\.ts$/,
  /^src\/executor\/cluster\//,
  // Asks the program `git`, which alone knows what differs from a commit.
  /^src\/cache\/notes\/git\.ts$/,
];

/** The host's files that `worker/inside/` may import, held to the same limits as `inside/` itself (never 4). */
export const SHARED_WITH_INSIDE: readonly RegExp[] = [
  /^src\/worker\/(?:protocol|border|importing|claims|file-claims|frames|greeting|print-ring|reference-files)\.ts$/,
];

/** Folders that `worker/inside/` may import besides. Of `sources/` it loads what it needs when a host asks for that. */
export const INSIDE_ONLY: readonly string[] = ['base', 'codec', 'allocation', 'task', 'sources'];

/** Words that may not occur in `base/`, not even in comments: it would make sense in another project. */
export const NOT_IN_BASE: readonly string[] = [
  'task',
  'tasks',
  'call',
  'graph',
  'graphs',
  'worker',
  'workers',
  'artifact',
  'artifacts',
];

/** Names that say nothing (never 18). */
export const EMPTY_NAMES: readonly string[] = [
  'util',
  'utils',
  'helper',
  'helpers',
  'common',
  'manager',
  'managers',
  'service',
  'services',
  'misc',
];

/** Files that may keep mutable state at module level (never 15), with the reason. */
export const MAY_KEEP_STATE: Readonly<Record<string, string>> = {};
