/**
 * The handlers that a project or repository knows, by alias: those of this library, and those of the program, which go first.
 *
 * Promises that a file whose handler is not known can still be had, as bytes: a pickle of Python is not run, but copied,
 * promoted and given on.
 */

import { HeddleError } from '../../base/errors.ts';
import { inspectShort } from '../../base/inspect-short.ts';
import { arrowHandler } from './arrow-handler.ts';
import { bytesHandler } from './bytes-handler.ts';
import { csvHandler } from './csv-handler.ts';
import type { ArtifactHandler } from './handler.ts';
import { jsonHandler } from './json-handler.ts';
import { npyHandler } from './npy-handler.ts';
import { parquetHandler } from './parquet-handler.ts';
import { textHandler } from './text-handler.ts';
import { yamlHandler } from './yaml-handler.ts';

/** A value cannot be kept, as nobody knows how. */
export class UnknownHandlerError extends HeddleError {
  override readonly name: string = 'UnknownHandlerError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_UNKNOWN_HANDLER', message, options);
  }
}

/** The handlers of a project or repository. It does not change. */
export interface Handlers {
  /** In alphabetical order. */
  readonly aliases: readonly string[];
  /** @returns `undefined` if there is none of this alias */
  find(alias: string): ArtifactHandler | undefined;
  /**
   * Gives the handler that is to write a value.
   *
   * @param verb - what is attempted, for the message: `log the artifact 'features'`
   * @throws {UnknownHandlerError} If there is none of this alias.
   */
  get(alias: string, verb: string): ArtifactHandler;
  /** Gives the handler that is to read a file: of an alias that is not known one that gives the bytes. */
  forReading(alias: string): ArtifactHandler;
}

/**
 * Gathers handlers. One of the program takes the place of this library's of the same alias.
 *
 * @throws {TypeError} If one is no handler, or two are of one alias.
 */
export function handlersOf(own: readonly ArtifactHandler[] = []): Handlers {
  const byAlias = new Map<string, ArtifactHandler>();
  for (const handler of own) {
    checkHandler(handler);
    if (byAlias.has(handler.alias)) {
      throw new TypeError(
        `Cannot take a handler as there are two of the alias ${inspectShort(handler.alias)}: received both in 'handlers'`,
      );
    }
    byAlias.set(handler.alias, handler);
  }
  for (const handler of builtIn) if (!byAlias.has(handler.alias)) byAlias.set(handler.alias, handler);
  const aliases = [...byAlias.keys()].sort();
  return {
    aliases,
    find: (alias) => byAlias.get(alias),
    get: (alias, verb) => {
      const handler = byAlias.get(alias);
      if (handler !== undefined) return handler;
      throw new UnknownHandlerError(
        `Cannot ${verb} as there is no handler of this alias: received ${inspectShort(alias)}\n` +
          `  there are ${aliases.join(', ')}; give others as 'handlers' where the file is opened`,
      );
    },
    forReading: (alias) => byAlias.get(alias) ?? unknownHandler(alias),
  };
}

const builtIn: readonly ArtifactHandler[] = [
  jsonHandler,
  textHandler,
  bytesHandler,
  yamlHandler,
  csvHandler,
  npyHandler,
  arrowHandler,
  parquetHandler,
];

/** Gives bytes as they are. Never asked for what to write. */
function unknownHandler(alias: string): ArtifactHandler<Uint8Array> {
  return { ...bytesHandler, alias };
}

function checkHandler(handler: ArtifactHandler): void {
  const refuse = (reason: string, received: unknown): TypeError =>
    new TypeError(`Cannot take a handler as ${reason}: received ${inspectShort(received)}`);
  if (typeof handler !== 'object' || handler === null) throw refuse('it must be an object', handler);
  const { alias, suffix, binary, encode, decode } = handler;
  if (typeof alias !== 'string' || !/^[\w-]+$/.test(alias))
    throw refuse("its 'alias' must be letters, digits and hyphens", alias);
  // It becomes a part of a file's name.
  if (typeof suffix !== 'string' || !/^\w+(?:\.\w+)*$/.test(suffix))
    throw refuse("its 'suffix' must be that of a file, without the dot before it", suffix);
  if (typeof binary !== 'boolean') throw refuse("its 'binary' must be true or false", binary);
  if (typeof encode !== 'function') throw refuse("its 'encode' must be a function", encode);
  if (typeof decode !== 'function') throw refuse("its 'decode' must be a function", decode);
}
