import { describe, expect, test } from 'vitest';
import type { ArtifactHandler } from '../../../src/artifacts/handlers/handler.ts';
import { handlersOf, UnknownHandlerError } from '../../../src/artifacts/handlers/handlers.ts';

const own: ArtifactHandler<string> = {
  alias: 'shout',
  suffix: 'shout.txt',
  binary: false,
  encode: (value) => Buffer.from(value.toUpperCase()),
  decode: (bytes) => Buffer.from(bytes).toString(),
  environment: () => ({ loudness: 11 }),
};

describe('handlersOf()', () => {
  test('has those of the library', () => {
    expect(handlersOf().aliases).toEqual(['arrow', 'bytes', 'csv', 'json', 'npy', 'parquet', 'text', 'yaml']);
    expect(handlersOf().find('pickle')).toBeUndefined();
  });

  test('prefers those of the program', () => {
    const json = { ...own, alias: 'json' };
    const handlers = handlersOf([own, json]);
    expect(handlers.get('json', 'log it')).toBe(json);
    expect(handlers.get('shout', 'log it').environment?.()).toEqual({ loudness: 11 });
    expect(handlersOf().find('shout')).toBeUndefined();
  });

  test('gives the bytes of what it does not know, and refuses to write it', () => {
    const bytes = Uint8Array.of(0x80, 4);
    expect(handlersOf().forReading('pickle').decode(bytes)).toBe(bytes);
    expect(handlersOf().forReading('pickle').alias).toBe('pickle');
    expect(() => handlersOf().get('pickle', "log the artifact 'model'")).toThrow(UnknownHandlerError);
    expect(() => handlersOf([own]).get('pickle', "log the artifact 'model'")).toThrow(
      "Cannot log the artifact 'model' as there is no handler of this alias: received 'pickle'\n" +
        '  there are arrow, bytes, csv, json, npy, parquet, shout, text, yaml;',
    );
  });

  test.each([
    [undefined, 'it must be an object'],
    [{ ...own, alias: 'a b' }, "its 'alias' must be"],
    [{ ...own, suffix: '../x' }, "its 'suffix' must be"],
    [{ ...own, suffix: '.txt' }, "its 'suffix' must be"],
    [{ ...own, binary: undefined }, "its 'binary' must be"],
    [{ ...own, encode: undefined }, "its 'encode' must be"],
    [{ ...own, decode: 'json' }, "its 'decode' must be"],
  ])('refuses %o', (handler, reason) => {
    expect(() => handlersOf([handler as ArtifactHandler])).toThrow(`Cannot take a handler as ${reason}`);
  });

  test('refuses two of one alias', () => {
    expect(() => handlersOf([own, { ...own }])).toThrow(/there are two of the alias 'shout'/);
  });
});
