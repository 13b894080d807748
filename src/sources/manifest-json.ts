/**
 * Manifests of sources as JSON, to be kept and compared later.
 */

import { isDigest } from '../codec/canonical/digest-text.ts';
import { expectList, expectRecord, expectText, unexpected } from '../codec/expect.ts';
import type { Json } from '../codec/json-writer.ts';
import { buildManifest, manifestVersion, type SourceFile, type SourceManifest } from './source-manifest.ts';

/** Writes a manifest as plain data. */
export function manifestToJson({ digest, files, packages, unknown }: SourceManifest): Json {
  return {
    format: 'heddle-sources',
    version: manifestVersion,
    digest,
    files: files.map((file) => ({ ...file })),
    packages: packages.map((entry) => ({ ...entry })),
    unknown: unknown.map((entry) => ({ ...entry })),
  };
}

/**
 * Reads a manifest from what `manifestToJson` gave.
 *
 * @param data - anything; members that are not known are left out
 * @throws {DecodeError} If it is of another form or version, or its digest is not that of its lists.
 */
export function manifestFromJson(data: unknown): SourceManifest {
  const { format, version, digest, files, packages, unknown } = expectRecord(data, 'manifest');
  if (format !== 'heddle-sources') throw unexpected(format, 'manifest.format', "'heddle-sources'");
  if (version !== manifestVersion) throw unexpected(version, 'manifest.version', String(manifestVersion));
  const manifest = buildManifest({
    files: readEntries(files, 'manifest.files', readFile),
    packages: readEntries(packages, 'manifest.packages', (entry, path) => ({
      name: expectText(entry['name'], `${path}.name`),
      version: expectText(entry['version'], `${path}.version`),
    })),
    unknown: readEntries(unknown, 'manifest.unknown', (entry, path) => ({
      path: expectText(entry['path'], `${path}.path`),
      reason: expectText(entry['reason'], `${path}.reason`),
    })),
  });
  if (manifest.digest !== digest) throw unexpected(digest, 'manifest.digest', 'that of its lists');
  return manifest;
}

type Entry = Readonly<Record<string, unknown>>;

function readEntries<T>(data: unknown, path: string, read: (entry: Entry, path: string) => T): T[] {
  return expectList(data, path).map((entry, i) =>
    read(expectRecord(entry, `${path}[${i}]`), `${path}[${i}]`),
  );
}

function readFile({ package: name, path, digest }: Entry, at: string): SourceFile {
  if (typeof digest !== 'string' || !isDigest(digest)) throw unexpected(digest, `${at}.digest`, 'a digest');
  const file = { path: expectText(path, `${at}.path`), digest };
  return name === undefined ? file : { package: expectText(name, `${at}.package`), ...file };
}
