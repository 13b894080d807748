/** Lineage in the formats of others. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toProv, toRoCrate } from '../../../src/cache.ts';
import { digestOfBytes } from '../../../src/codec/canonical/byte-digest.ts';
import { fromJSON, type Lineage, openCache, run, withTags } from '../../../src/index.ts';
import { folders } from '../../fixtures/folders.ts';
import { provFaults } from '../../fixtures/prov-faults.ts';
import { add, fails, mean, square } from '../../fixtures/tasks/kept-tasks.ts';

const newFolder = folders('crate');

async function someLineages(): Promise<readonly Lineage[]> {
  await using cache = await openCache(':memory:');
  await withTags({ study: 'first' }, () => run(add(square(2), square(3)), { cache }));
  await run(mean([square(4), 5] as never), { cache });
  await expect(run(fails('because'), { cache })).rejects.toThrow('because');
  return [
    await cache.lineage(13),
    await cache.lineage(10.5),
    await cache.lineage('because', { direction: 'forth' }),
    await cache.lineage('nobody knows it'),
  ];
}

describe('toProv()', () => {
  test('keeps to the rules of PROV-JSON', async () => {
    for (const lineage of await someLineages()) expect(provFaults(toProv(lineage))).toEqual([]);
  });

  test('tells calls, values and tasks, and what they have to do with each other', async () => {
    const [lineage] = await someLineages();
    const document = toProv(lineage as Lineage);
    expect(Object.keys(document.activity)).toHaveLength(3);
    expect(Object.keys(document.used)).toHaveLength(4);
    expect(Object.keys(document.wasGeneratedBy)).toHaveLength(3);
    expect(Object.keys(document.wasAssociatedWith)).toHaveLength(3);
    // Five values, two tasks.
    expect(Object.keys(document.entity)).toHaveLength(7);
    const [activity] = Object.values(document.activity);
    expect(activity).toMatchObject({
      'prov:label': 'add',
      'heddle:state': 'success',
      'heddle:metadata': '{"tags":{"study":"first"}}',
    });
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  test('tells what lists are made of', async () => {
    const [, lineage] = await someLineages();
    expect(Object.keys(toProv(lineage as Lineage).hadMember)).toHaveLength(1);
  });
});

test('provFaults() finds what breaks the rules', async () => {
  const [lineage] = await someLineages();
  const document = toProv(lineage as Lineage);
  expect(provFaults({ ...document, agent: {} })).not.toEqual([]);
  expect(provFaults({ ...document, prefix: {} })).not.toEqual([]);
  expect(provFaults({ ...document, used: { '_:x': { 'prov:entity': 'value:0' } } })).not.toEqual([]);
  expect(provFaults({ ...document, entity: { 'value:0': { plain: 'x' } } })).not.toEqual([]);
});

describe('toRoCrate()', () => {
  test('has what RO-Crate 1.1 and Process Run Crate 0.5 ask for', async () => {
    for (const lineage of await someLineages()) {
      const graph = toRoCrate(lineage, { license: 'https://spdx.org/licenses/CC0-1.0' })['@graph'];
      const byId = new Map(graph.map((entity) => [entity['@id'], entity]));
      expect(byId.size).toBe(graph.length);
      expect(byId.get('ro-crate-metadata.json')).toEqual({
        '@id': 'ro-crate-metadata.json',
        '@type': 'CreativeWork',
        conformsTo: { '@id': 'https://w3id.org/ro/crate/1.1' },
        about: { '@id': './' },
      });
      const root = byId.get('./');
      for (const property of ['name', 'description', 'datePublished', 'license'])
        expect(root).toHaveProperty(property);
      expect(root).toMatchObject({
        '@type': 'Dataset',
        conformsTo: { '@id': 'https://w3id.org/ro/wfrun/process/0.5' },
      });
      const actions = graph.filter((entity) => entity['@type'] === 'CreateAction');
      expect(root?.['mentions']).toEqual(actions.map((action) => ({ '@id': action['@id'] })));
      for (const action of actions) {
        expect(byId.get((action['instrument'] as { '@id': string })['@id'])?.['@type']).toBe(
          'SoftwareApplication',
        );
        expect(Date.parse(String(action['endTime']))).not.toBeNaN();
      }
      // Flattened: whatever is referred to is there.
      const references = JSON.stringify(graph).matchAll(/\{"@id":"([^"]*)"\}/g);
      const outside = /^http:\/\/schema\.org\/|^https:\/\/w3id\.org\/ro\/crate\/1\.1$/;
      for (const [, id = ''] of references) expect(outside.test(id) || byId.has(id) ? '' : id).toBe('');
    }
  });

  test('tells of failures', async () => {
    const lineage = (await someLineages())[2] as Lineage;
    const action = toRoCrate(lineage)['@graph'].find((entity) => entity['@type'] === 'CreateAction');
    expect(action).toMatchObject({
      actionStatus: { '@id': 'http://schema.org/FailedActionStatus' },
      error: 'RangeError: because',
      result: [],
    });
  });
});

describe('writeRoCrate()', () => {
  test('writes the metadata, and values that people can read', async () => {
    await using cache = await openCache(':memory:');
    await run(add(square(2), square(3)), { cache });
    const folder = join(newFolder(), 'deep/crate');
    const agent = { id: 'https://orcid.org/0000-0002-1825-0097', name: 'Josiah Carberry' };
    const crate = await cache.writeRoCrate(await cache.lineage(13), folder, { name: 'Sums', agent });
    const written: unknown = JSON.parse(readFileSync(join(folder, 'ro-crate-metadata.json'), 'utf8'));
    expect(written).toEqual(crate);
    const files = crate['@graph'].filter((entity) => entity['@type'] === 'File');
    expect(files).toHaveLength(5);
    const values = files.map((file) => {
      const bytes = readFileSync(join(folder, file['@id']));
      expect(file).toMatchObject({ contentSize: String(bytes.length), sha256: digestOfBytes(bytes) });
      return fromJSON(bytes.toString());
    });
    expect(new Set(values)).toEqual(new Set([2, 3, 4, 9, 13]));
    const root = crate['@graph'].find((entity) => entity['@id'] === './');
    expect(root?.['hasPart']).toEqual(files.map((file) => ({ '@id': file['@id'] })));
    expect(existsSync(join(folder, 'values'))).toBe(true);
  });
});
