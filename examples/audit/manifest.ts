/**
 * What a `package.json` says about its package. Whatever is wrong with the file, it never throws.
 */
import { readFileSync } from 'node:fs';

/** The members of interest, where they are what they should be. */
export interface Manifest {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly licence: string | undefined;
}

/** Reads a `package.json`; `undefined` if it cannot be read or is not an object. */
export function readManifest(path: string): Manifest | undefined {
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
    if (typeof json !== 'object' || json === null) return undefined;
    const { name, version, license, licenses } = json as Record<string, unknown>;
    return {
      name: textOf(name),
      version: textOf(version),
      licence: licenceOf(license) ?? licenceOf(licenses),
    };
  } catch {
    return undefined;
  }
}

/** Takes today's form, an SPDX expression, and the two older ones: `{ type }`, and a list of such. */
function licenceOf(field: unknown): string | undefined {
  if (Array.isArray(field)) {
    const names = field.map(licenceOf).filter((name) => name !== undefined);
    return names.length === 0 ? undefined : names.join(' OR ');
  }
  if (typeof field === 'object' && field !== null) return textOf((field as Record<string, unknown>)['type']);
  return textOf(field);
}

function textOf(field: unknown): string | undefined {
  return typeof field === 'string' && field.trim() !== '' ? field.trim() : undefined;
}
