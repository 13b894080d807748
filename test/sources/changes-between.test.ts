/**
 * What changed, in words.
 */
import { expect, test } from 'vitest';
import { digestOfText } from '../../src/codec/canonical/byte-digest.ts';
import { changesBetween } from '../../src/sources/changes-between.ts';
import { buildManifest, type SourceManifest } from '../../src/sources/source-manifest.ts';

/** @param files - texts by path, as `package:path` if it is in another package @param packages - as `name@version` */
function manifest(files: Readonly<Record<string, string>>, packages: readonly string[]): SourceManifest {
  return buildManifest({
    files: Object.entries(files).map(([name, text]) => {
      const [path = '', other] = name.split(':').reverse();
      const file = { path, digest: digestOfText(text) };
      return other === undefined ? file : { package: other, ...file };
    }),
    packages: packages.map((text) => {
      const [name = '', version = ''] = text.split('@');
      return { name, version };
    }),
    unknown: [],
  });
}

test('changesBetween() tells files, then packages, by name', () => {
  const before = manifest(
    { 'src/stats.ts': '1', 'src/old.ts': '1', 'src/same.ts': '1', 'linked:a.ts': '1' },
    ['left-pad@1.0.0', 'same@1.0.0', 'gone@2.0.0', 'two@1.0.0', 'bare@'],
  );
  const after = manifest({ 'src/stats.ts': '2', 'src/new.ts': '1', 'src/same.ts': '1', 'linked:a.ts': '2' }, [
    'left-pad@1.1.0',
    'same@1.0.0',
    'zod@4.0.0',
    'two@2.0.0',
    'two@1.0.0',
    'bare@1.0.0',
  ]);
  expect(changesBetween(before, after)).toEqual([
    'linked/a.ts changed',
    'src/new.ts was added',
    'src/old.ts was removed',
    'src/stats.ts changed',
    'package bare went from no version to 1.0.0',
    'package gone was removed, 2.0.0',
    'package left-pad went from 1.0.0 to 1.1.0',
    'package two went from 1.0.0 to 1.0.0 and 2.0.0',
    'package zod was added, 4.0.0',
  ]);
});

test('changesBetween() tells nothing of equal manifests', () => {
  const one = manifest({ 'a.ts': '1' }, ['x@1']);
  expect(changesBetween(one, manifest({ 'a.ts': '1' }, ['x@1']))).toEqual([]);
});
