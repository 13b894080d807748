/**
 * Values as YAML, which PyYAML and others read, and read as the version 1.1 that PyYAML writes.
 *
 * Only data is read: what asks for a class of Python is refused, and so is what grows without bound by its anchors.
 */

import { fail, importPeer } from '../../base/peer.ts';
import { DecodeError } from '../../codec/decode-error.ts';
import { toPythonJson } from '../formats/python-json.ts';
import { yamlText } from '../formats/yaml-text.ts';
import type { ArtifactHandler } from './handler.ts';
import { bytesOfText, textOfBytes } from './text-bytes.ts';

/**
 * Keeps what JSON keeps. What is read may have dates and bytes besides; integers beyond 2^53 are `bigint`s. To read needs the
 * package `yaml`.
 */
export const yamlHandler: ArtifactHandler = {
  alias: 'yaml',
  suffix: 'yaml',
  binary: false,
  encode: (value) => bytesOfText(yamlText(toPythonJson(value, 'write YAML')), 'YAML'),
  decode: async (bytes) => {
    const yaml = await importPeer('yaml', 'read YAML', () => import('yaml').catch(fail));
    const text = textOfBytes(bytes, 'YAML');
    try {
      // A warning is of a tag that is not known: its value would be another one than was written.
      const document = yaml.parseDocument(text, { version: '1.1', intAsBigInt: true, logLevel: 'error' });
      const [fault] = [...document.errors, ...document.warnings];
      if (fault !== undefined) throw fault;
      return plain(document.toJS({ maxAliasCount: 100 }));
    } catch (cause) {
      const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
      throw new DecodeError('yaml', `Cannot read YAML as it is no data: received ${reason}`, { cause });
    }
  },
};

/** Integers as numbers, where these are exact. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}
