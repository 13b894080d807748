/**
 * Writes an RO-Crate: the values of a lineage as files that people and other programs can read, and the metadata beside them.
 */

import { makeFolders } from '../../base/make-folders.ts';
import { once } from '../../base/once.ts';
import { digestOfBytes } from '../../codec/canonical/byte-digest.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import { toJSON } from '../../worker/json-text.ts';
import type { CallCache } from '../call-cache.ts';
import { keptBy } from '../kept.ts';
import type { Lineage } from './lineage-graph.ts';
import { type CrateFile, crateFile, type RoCrate, type RoCrateOptions, toRoCrate } from './ro-crate.ts';

const files = once(() => process.getBuiltinModule('node:fs').promises);

/**
 * Writes the values that are stored as files of JSON, one after the other, and the metadata at last. What cannot be written as
 * JSON is left to be told by its digest.
 */
export async function writeRoCrate(
  engine: CallCache,
  lineage: Lineage,
  folder: string,
  options: Omit<RoCrateOptions, 'files'>,
): Promise<RoCrate> {
  makeFolders(`${folder}/values`);
  const written = new Map<Digest, CrateFile>();
  for (const { digest, address } of lineage.values) {
    const stored = address === undefined ? undefined : await keptBy(engine).values.get(address);
    const text = stored === undefined ? undefined : textOf(engine, stored);
    if (text === undefined) continue;
    const bytes = Buffer.from(text);
    const path = `values/${digest}.json`;
    await files().writeFile(`${folder}/${path}`, bytes);
    const sha256 = digestOfBytes(bytes);
    written.set(digest, { path, bytes: bytes.length, encodingFormat: 'application/json', sha256 });
  }
  const crate = toRoCrate(lineage, { ...options, files: written });
  await files().writeFile(`${folder}/${crateFile}`, `${JSON.stringify(crate, undefined, 2)}\n`);
  return crate;
}

function textOf(engine: CallCache, bytes: Uint8Array): string | undefined {
  try {
    return `${toJSON(engine.parts.codec.decode(bytes), { indent: 2 })}\n`;
  } catch {
    return undefined;
  }
}
