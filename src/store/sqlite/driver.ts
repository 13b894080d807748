/**
 * What is needed of a library for SQLite: six methods, over `node:sqlite`, or over the package `better-sqlite3`.
 *
 * Both are loaded when the first database is opened. Leaves to its callers which statements there are, and what failures
 * mean: `sqliteFailure` only tells both libraries' alike.
 */

import { join } from 'node:path';
import { CacheOpenError } from '../cache-open-error.ts';

/** What a column holds. */
export type SqliteValue = null | number | string | Uint8Array;

/** A row by the names of its columns. */
export type SqliteRow = Readonly<Record<string, SqliteValue>>;

/** An open database. */
export interface SqliteDriver {
  /** Runs statements that take and give nothing. */
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

/** A statement with `?` where values go. */
export interface SqliteStatement {
  /** Gives the first row; also of a statement that writes, if it has `RETURNING`. */
  get(...values: readonly SqliteValue[]): SqliteRow | undefined;
  all(...values: readonly SqliteValue[]): readonly SqliteRow[];
  /** For a statement that gives no rows. @returns how many rows it changed */
  run(...values: readonly SqliteValue[]): number;
}

/** Which library is used. */
export type SqliteDriverName = 'node:sqlite' | 'better-sqlite3';

/** Opens the database in a file, which is made if it is not there. */
export type OpenSqliteDriver = (path: string) => SqliteDriver;

/**
 * Finds the library.
 *
 * @throws {CacheOpenError} If it is not there.
 */
export function sqliteDriver(
  name: SqliteDriverName,
  load: (name: string) => unknown = loadModule,
): OpenSqliteDriver {
  const Database = name === 'node:sqlite' ? nodeClass(load) : packageClass(load);
  return (path) => {
    const database = new Database(path);
    return {
      exec: (sql) => void database.exec(sql),
      prepare: (sql) => statementOf(database.prepare(sql)),
      close: () => void database.close(),
    };
  };
}

/** What both libraries have in common. */
interface AnyDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): AnyStatement;
  close(): unknown;
}

interface AnyStatement {
  get(...values: readonly SqliteValue[]): unknown;
  all(...values: readonly SqliteValue[]): unknown;
  run(...values: readonly SqliteValue[]): { readonly changes: number | bigint };
}

type DatabaseClass = new (path: string) => AnyDatabase;

function statementOf(statement: AnyStatement): SqliteStatement {
  return {
    get: (...values) => statement.get(...values) as SqliteRow | undefined,
    all: (...values) => statement.all(...values) as readonly SqliteRow[],
    run: (...values) => Number(statement.run(...values).changes),
  };
}

/** The class of `node:sqlite`: it is to be called `Database`, with the old name kept. */
function nodeClass(load: (name: string) => unknown): DatabaseClass {
  const module = load('node:sqlite') as
    | { readonly DatabaseSync?: DatabaseClass; readonly Database?: DatabaseClass }
    | undefined;
  const found = module?.DatabaseSync ?? module?.Database;
  if (found === undefined) {
    throw new CacheOpenError(
      `Cannot open a cache with 'node:sqlite' as this Node.js was started or built without it: received ${process.version}\n` +
        "  Start it without '--no-experimental-sqlite', or give { driver: 'better-sqlite3' }",
    );
  }
  return found;
}

function packageClass(load: (name: string) => unknown): DatabaseClass {
  let module: unknown;
  try {
    module = load('better-sqlite3');
  } catch (cause) {
    throw new CacheOpenError(
      `Cannot open a cache with 'better-sqlite3' as the package cannot be loaded: received ${String(cause)}\n` +
        "  Install it with 'npm install better-sqlite3', or leave the option 'driver' out to use what Node.js has",
      { cause },
    );
  }
  return ((module as { readonly default?: unknown }).default ?? module) as DatabaseClass;
}

function loadModule(name: string): unknown {
  if (name === 'node:sqlite') return withoutItsWarning(() => process.getBuiltinModule('node:sqlite'));
  const { createRequire } = process.getBuiltinModule('node:module');
  try {
    return createRequire(import.meta.url)(name);
  } catch (error) {
    // It is a package of the program that runs; with some installers that is not above this file.
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    return createRequire(join(process.cwd(), 'package.json'))(name);
  }
}

/** Node.js 22 warns that its SQLite is experimental, when it is loaded. Only that warning is kept back, and only then. */
function withoutItsWarning<T>(load: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).includes('SQLite') && rest[0] === 'ExperimentalWarning') return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  }) as typeof emitWarning;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** What SQLite calls its failures that are told apart here, by their numbers. */
const failureNames: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  26: 'SQLITE_NOTADB',
};

/** What SQLite calls a failure, such as `SQLITE_FULL`; `undefined` for an error that is none of SQLite's. */
export function sqliteFailure(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  // The lowest byte is the failure; those above say more of it.
  if (typeof errcode === 'number') return failureNames[errcode & 0xff] ?? 'SQLITE_ERROR';
  return typeof code === 'string' ? code.match(/^SQLITE_[A-Z]+/)?.[0] : undefined;
}
