/**
 * Manifests that are kept: read back as they were, or refused.
 */
import { expect, test } from 'vitest';
import { digestOfText } from '../../src/codec/canonical/byte-digest.ts';
import { DecodeError } from '../../src/codec/decode-error.ts';
import type { Json } from '../../src/codec/json-writer.ts';
import { manifestFromJson, manifestToJson } from '../../src/sources/manifest-json.ts';
import { buildManifest } from '../../src/sources/source-manifest.ts';

const manifest = buildManifest({
  files: [
    { path: 'src/b.ts', digest: digestOfText('b') },
    { package: 'linked', path: 'src/a.ts', digest: digestOfText('a') },
    { path: 'src/b.ts', digest: digestOfText('b') },
    { path: 'src/a.ts', digest: digestOfText('a') },
  ],
  packages: [
    { name: 'left-pad', version: '1.0.0' },
    { name: '@x/y', version: '' },
  ],
  unknown: [{ path: 'src/a.ts', reason: "imports './x.ts', which is missing" }],
});
const json = manifestToJson(manifest) as { readonly [key: string]: Json };

test('buildManifest() sorts its lists, and leaves out what is there twice', () => {
  expect(manifest.files.map(({ package: name, path }) => [name, path])).toEqual([
    [undefined, 'src/a.ts'],
    [undefined, 'src/b.ts'],
    ['linked', 'src/a.ts'],
  ]);
  expect(manifest.packages.map(({ name }) => name)).toEqual(['@x/y', 'left-pad']);
});

test('buildManifest() gives the digests that were written down with version 1', () => {
  // Anyone whose change breaks this counts `manifestVersion` up.
  expect(manifest.digest).toBe('b845bf00f7dbb398b243a54c451c42e6ff5e4acbb0392c7eae5418cb5c816008');
});

test('buildManifest() digests files and packages, but not what is unknown', () => {
  const { digest } = buildManifest({ ...manifest, unknown: [] });
  expect(digest).toBe(manifest.digest);
  expect(buildManifest({ ...manifest, packages: [] }).digest).not.toBe(digest);
  expect(buildManifest({ ...manifest, files: manifest.files.slice(1) }).digest).not.toBe(digest);
});

test('manifestFromJson() gives what was written', () => {
  expect(manifestFromJson(JSON.parse(JSON.stringify(json)))).toEqual(manifest);
});

test.for<readonly [path: string, data: unknown]>([
  ['manifest', undefined],
  ['manifest', []],
  ['manifest.format', { ...json, format: 'other' }],
  ['manifest.version', { ...json, version: 2 }],
  ['manifest.files', { ...json, files: {} }],
  ['manifest.files[0]', { ...json, files: [null] }],
  ['manifest.files[0].digest', { ...json, files: [{ path: 'a', digest: 'ABC' }] }],
  ['manifest.files[0].path', { ...json, files: [{ path: 1, digest: manifest.digest }] }],
  ['manifest.files[0].package', { ...json, files: [{ package: 1, path: 'a', digest: manifest.digest }] }],
  ['manifest.packages[0].version', { ...json, packages: [{ name: 'a' }] }],
  ['manifest.unknown[0].reason', { ...json, unknown: [{ path: 'a' }] }],
  ['manifest.digest', { ...json, packages: [] }],
  ['manifest.digest', { ...json, digest: undefined }],
])('manifestFromJson() refuses %s', ([path, data]) => {
  let error: unknown;
  try {
    manifestFromJson(data);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(DecodeError);
  expect(error).toMatchObject({ path });
});
