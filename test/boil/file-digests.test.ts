/** Which files are read again, and which are taken for unchanged by their stamp. */

import { rename, rm, utimes } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { FileDigests, type KnownFile } from '../../examples/boil/file-digests.ts';
import { Project } from '../fixtures/boil/project.ts';

const path = 'a.c';
const later = (): number => Date.now() + 60_000;

/** What a build that looks at a file, with this clock, leaves for the next one. */
async function learnedOf(project: Project, nowMs: () => number): Promise<Map<string, KnownFile>> {
  const known = new Map<string, KnownFile>();
  await new FileDigests(known, () => undefined, nowMs).digestOf(project.path(path));
  return known;
}

test('digestOf() takes a file with a known stamp for unchanged, unread', async () => {
  await using project = await Project.of({ [path]: 'one' });
  const known = await learnedOf(project, later);
  const [entry] = [...known.values()];
  known.set(project.path(path), { stamp: entry?.stamp ?? '', digest: 'from an earlier build' });
  const digests = new FileDigests(known, () => undefined, later);
  expect(await digests.digestOf(project.path(path))).toBe('from an earlier build');
});

test('digestOf() reads a file that was replaced by one of the same size under the same date', async () => {
  await using project = await Project.of({ [path]: 'one', other: 'two' });
  const date = new Date('2020-01-01');
  await utimes(project.path(path), date, date);
  await utimes(project.path('other'), date, date);
  const known = await learnedOf(project, later);
  const before = known.get(project.path(path))?.digest;
  await rename(project.path('other'), project.path(path));
  const after = await new FileDigests(known, () => undefined, later).digestOf(project.path(path));
  expect([before === undefined, after === before]).toEqual([false, false]);
});

test('digestOf() does not trust the stamp of a file that was changed just now', async () => {
  await using project = await Project.of({ [path]: 'one' });
  expect((await learnedOf(project, Date.now)).size).toBe(0);
});

test('digestOf() gives what it found first, until it is told that the file was written', async () => {
  await using project = await Project.of({ [path]: 'one' });
  const digests = new FileDigests(new Map(), () => undefined);
  const first = await digests.digestOf(project.path(path));
  await project.write(path, 'two');
  expect(await digests.digestOf(project.path(path))).toBe(first);
  digests.written(project.path(path));
  expect(await digests.digestOf(project.path(path))).not.toBe(first);
});

test('digestOf() gives undefined for a file that is not there', async () => {
  await using project = await Project.of({ [path]: 'one' });
  await rm(project.path(path));
  expect(await new FileDigests(new Map(), () => undefined).digestOf(project.path(path))).toBeUndefined();
});
