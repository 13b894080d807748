/**
 * Opening again what a descriptor tells of: what another process, or thread, keeps a cache in.
 *
 * Values and records may be kept apart, each in its own way; what is made of whole backends is made of them again.
 */

import { fileStore } from '../store/file-store.ts';
import { memoryStore } from '../store/memory-store.ts';
import type { Store, StoreDescriptor } from '../store/store.ts';
import type { Backend } from './backend.ts';
import type { BackendDescriptor } from './backend-descriptor.ts';
import { pool } from './compose/pool.ts';
import { readOnly } from './compose/read-only.ts';
import { refreshing } from './compose/refreshing.ts';
import { sizeLimited } from './compose/size-limited.ts';
import { stack } from './compose/stack.ts';
import { fileRecords } from './file-records.ts';
import { memoryRecords } from './memory-records.ts';
import type { Records, RecordsDescriptor } from './records.ts';
import { openSqlite } from './sqlite/sqlite-backend.ts';

type Options = Readonly<Record<string, never>>;

/** What makes a backend of others, by kind. */
const compositions: Readonly<Record<string, (parts: readonly Backend[], options: Options) => Backend>> = {
  'read-only': ([one]) => readOnly(one as Backend),
  refreshing: ([one]) => refreshing(one as Backend),
  'size-limited': ([one], options) => sizeLimited(one as Backend, options),
  pool: (parts) => pool(parts),
  stack: (parts, options) => stack(parts, options),
};

/** What is kept by one thing that is opened once, by kind. */
const wholes: Readonly<Record<string, (descriptor: StoreDescriptor) => Backend>> = {
  sqlite: ({ kind: _, path, ...options }) => openSqlite(path as string, options),
};

/** What a server keeps. Its modules are loaded when they are asked for. */
const servers: Readonly<Record<string, (descriptor: StoreDescriptor) => Promise<Backend>>> = {
  postgres: async ({ kind: _, ...options }) => {
    const { openPostgres } = await import('./postgres/postgres-backend.ts');
    return await openPostgres(options);
  },
  redis: async ({ kind: _, ...options }) => {
    const { openRedis } = await import('./redis/redis-backend.ts');
    return await openRedis(options);
  },
};

const stores: Readonly<Record<string, (descriptor: StoreDescriptor) => Store>> = {
  files: ({ folder }) => fileStore(folder as string),
};

const records: Readonly<Record<string, (descriptor: RecordsDescriptor) => Records>> = {
  files: ({ folder }) => fileRecords(folder as string),
};

/**
 * Opens a backend again.
 *
 * @throws {TypeError} If this heddle knows nothing of the kind.
 */
export async function openDescriptor(descriptor: BackendDescriptor): Promise<Backend> {
  return openWith(await openServers(descriptor), descriptor);
}

/** Backends that are open already, by the text of their descriptor. */
type Opened = ReadonlyMap<string, Backend>;

/** Opens what is kept by servers, which takes a while, wherever it stands in a descriptor. */
async function openServers({ store, records }: BackendDescriptor): Promise<Opened> {
  const opened = new Map<string, Backend>();
  const left: StoreDescriptor[] = [store, records];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    left.push(...(partsOf(next) ?? []));
    const text = JSON.stringify(next);
    const open = servers[next.kind];
    if (open !== undefined && !opened.has(text)) opened.set(text, await open(next));
  }
  return opened;
}

function openWith(opened: Opened, { store, records }: BackendDescriptor): Backend {
  if (store.kind === records.kind) return openAlike(opened, store, records);
  // Compositions that leave one half as it is.
  if (records.kind === 'refreshing') {
    const [inner] = partsOf(records) ?? [];
    return refreshing(openWith(opened, { store, records: inner as RecordsDescriptor }));
  }
  return { values: openHalf(opened, { store }).values, calls: openHalf(opened, { records }).calls };
}

function openAlike(opened: Opened, store: StoreDescriptor, records: RecordsDescriptor): Backend {
  const compose = compositions[store.kind];
  if (compose === undefined) {
    const isOne = JSON.stringify(store) === JSON.stringify(records);
    const whole = isOne ? openWhole(opened, store) : undefined;
    return (
      whole ?? { values: openHalf(opened, { store }).values, calls: openHalf(opened, { records }).calls }
    );
  }
  const { kind: _, of: __, ...options } = store;
  const values = partsOf(store) ?? [];
  const parts = (partsOf(records) ?? []).map((part, index) =>
    openWith(opened, { store: values[index] as StoreDescriptor, records: part }),
  );
  return compose(parts, options as Options);
}

function openWhole(opened: Opened, descriptor: StoreDescriptor): Backend | undefined {
  return opened.get(JSON.stringify(descriptor)) ?? wholes[descriptor.kind]?.(descriptor);
}

/** Opens values or records. In the place of the other half is one that is empty. */
function openHalf(opened: Opened, half: Partial<BackendDescriptor>): Backend {
  const descriptor = (half.store ?? half.records) as StoreDescriptor;
  const { kind, ...options } = descriptor;
  const compose = compositions[kind];
  if (compose !== undefined) {
    const parts = (partsOf(descriptor) ?? []).map((part) =>
      openHalf(opened, half.store === undefined ? { records: part } : { store: part }),
    );
    return compose(parts, options as Options);
  }
  const whole = openWhole(opened, descriptor);
  if (whole !== undefined) return whole;
  const openStore = half.store === undefined ? memoryStore : stores[kind];
  const openRecords = half.records === undefined ? memoryRecords : records[kind];
  if (openStore === undefined || openRecords === undefined) {
    throw new TypeError(`Cannot open a cache as nothing is known of its kind: received '${kind}'`);
  }
  return { values: openStore({ kind, ...options }), calls: openRecords({ kind, ...options }) };
}

function partsOf(descriptor: StoreDescriptor): readonly StoreDescriptor[] | undefined {
  return descriptor['of'] as readonly StoreDescriptor[] | undefined;
}
