/** Large data apart from its record: what goes there, what comes back, what stands for it meanwhile, and what is refused. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Digest } from '../../src/codec/canonical/digester.ts';
import { DecodeError } from '../../src/codec/decode-error.ts';
import type { Referenced, ReferenceReader, ReferenceWriter } from '../../src/codec/references.ts';
import { codecs, digestOf, fromJSON, isHeddleError, path, Reference, toJSON } from '../../src/index.ts';
import { Border } from '../../src/worker/border.ts';
import { FrameReader, toFrame } from '../../src/worker/frames.ts';
import { decodeRecord, encodeRecord } from '../../src/worker/reference-files.ts';
import { filesIn, folders, spoil } from '../fixtures/folders.ts';

const limit = { timeout: 20_000 };
const folder = folders('references');

/** Data in memory, with counts. */
class Kept implements ReferenceReader, ReferenceWriter {
  readonly leastBytes: number;
  readonly bytes = new Map<string, Uint8Array>();
  isFull = false;
  reads = 0;

  constructor(leastBytes = 1) {
    this.leastBytes = leastBytes;
  }

  write(bytes: Uint8Array): Referenced | undefined {
    if (this.isFull) return undefined;
    const digest = createHash('sha256').update(bytes).digest('hex') as Digest;
    this.bytes.set(digest, bytes.slice());
    return { digest, bytes: bytes.length };
  }

  read({ digest }: Referenced): Uint8Array<ArrayBuffer> {
    this.reads++;
    return Uint8Array.from(this.bytes.get(digest) as Uint8Array);
  }

  readonly encode = encodeRecord;
  readonly decode = decodeRecord;
}

class Model {
  readonly parts: unknown;
  constructor(parts: unknown) {
    this.parts = parts;
  }
}
const models = codecs().register(
  Model,
  { encode: ({ parts }) => parts, decode: (parts) => new Model(parts) },
  { ref: true },
);

/** As a message between processes: packed, written, read; not yet unpacked. */
function sent(value: unknown, kept: Kept): { data: unknown; isPacked: boolean; bytes: number } {
  const { packer } = new Border('a');
  packer.use(models);
  const frame = toFrame(packer.pack(value, 'value', kept));
  const [message] = new FrameReader().push(frame);
  return { ...(message as { data: unknown; isPacked: boolean }), bytes: frame.length };
}

function back(value: unknown, kept: Kept = new Kept()): unknown {
  const { packer } = new Border('b');
  packer.use(models);
  return packer.unpack(sent(value, kept), kept);
}

const cloneable = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withNullPrototype: true,
  withBoxedValues: true,
  maxDepth: 4,
});

describe('data by reference', limit, () => {
  test('comes back exactly, whatever it stands in, also in an instance by reference', () => {
    fc.assert(
      fc.property(cloneable, (value) => {
        assert.deepStrictEqual(back(value), value);
        assert.deepStrictEqual(back([new Model(value), value]), [new Model(value), value]);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    new Int8Array([1, -2]),
    new Uint8ClampedArray([1, 255]),
    new BigInt64Array([-1n, 2n ** 62n]),
    new Float32Array([Number.NaN, -0]),
    new Float64Array(3),
    new DataView(new ArrayBuffer(8), 2, 4),
    new Uint16Array(new ArrayBuffer(8), 2, 2),
    new ArrayBuffer(5),
    Buffer.from('bytes'),
    Buffer.from('a part of bytes').subarray(2, 6),
  ])('keeps its class and what of its memory is meant: %o', (value) => {
    const kept = new Kept();
    const { bytes } = sent(value, kept);
    expect(kept.bytes.size).toBe(1);
    expect(bytes).toBeLessThan(400);
    assert.deepStrictEqual(back(value), value);
    assert.deepStrictEqual(back({ deep: [new Map([[value, new Set([value])]])] }), {
      deep: [new Map([[value, new Set([value])]])],
    });
  });

  test('is shared where it was, also among instances by codecs, and apart where it was apart', () => {
    const memory = new ArrayBuffer(64);
    const value = {
      bytes: new Uint8Array(memory),
      tail: new Uint16Array(memory, 32),
      memory,
      error: Object.assign(new Error('x'), { memory }),
      same: new ArrayBuffer(64),
    };
    const kept = new Kept();
    const read = back(value, kept) as typeof value;
    expect(kept.bytes.size).toBe(1);
    expect(read.bytes.buffer).toBe(read.memory);
    expect(read.tail.buffer).toBe(read.memory);
    expect(read.error.memory).toBe(read.memory);
    expect(read.same).not.toBe(read.memory);
  });

  test('leaves the record from so many bytes on; all of it stays where there is no room', () => {
    const kept = new Kept(100);
    sent([new Uint8Array(99), Buffer.alloc(99), new Float64Array(12)], kept);
    expect(kept.bytes.size).toBe(0);
    // A small view of large memory takes all of it along, as the clone algorithm does.
    sent([new Uint8Array(100), Buffer.alloc(100, 1), new Uint8Array(new ArrayBuffer(101), 0, 1)], kept);
    expect([...kept.bytes.values()].map(({ length }) => length)).toEqual([100, 100, 101]);
    kept.isFull = true;
    const value = [new Uint8Array(200), Buffer.alloc(200), new Model(new Float64Array(40))];
    assert.deepStrictEqual(back(value, kept), value);
  });

  test('that can grow, that is shared, or is of a class of the user, is not taken for memory', () => {
    const growing = new ArrayBuffer(8, { maxByteLength: 16 });
    const read = back([new Uint8Array(growing), growing]) as [Uint8Array, ArrayBuffer];
    expect([read[1].resizable, read[1].maxByteLength, read[0].buffer === read[1]]).toEqual([true, 16, true]);
    const kept = new Kept();
    const ownClass = class extends Uint8Array {};
    expect([...(back([ownClass.of(1, 2, 3), new Map()], kept) as [Uint8Array])[0]]).toEqual([1, 2, 3]);
    expect(kept.bytes.size).toBe(0);
  });

  test('of an instance by reference is in one piece, read only where the instance is', () => {
    const kept = new Kept();
    const model = new Model({ weights: new Float64Array(100), name: 'm' });
    const message = sent({ model, again: model }, kept);
    expect(kept.bytes.size).toBe(1);
    const { packer } = new Border('b');
    packer.use(models);
    const read = packer.unpack(message, kept) as { model: Model; again: Model };
    expect([kept.reads, read.model === read.again]).toEqual([1, true]);
    expect(read.model).toEqual(model);
  });

  test('in values that need none costs nothing: they are passed on as they are', () => {
    const { packer } = new Border('a');
    for (const value of [1, 'a', { list: [1, { a: new Date(0), b: new Uint8Array(10) }] }]) {
      expect(packer.pack(value, 'value', new Kept(100))).toEqual({ data: value, isPacked: false });
      expect(packer.pack(value, 'value', new Kept(100)).data).toBe(value);
    }
  });
});

const ref = (data: unknown): object => ({ '#heddle': 'ref', data });
const view = (...data: unknown[]): object => ({ '#heddle': 'view', data });
const sound = { digest: 'a'.repeat(64), bytes: 8, as: 'memory' };

describe('a record that is no reference', limit, () => {
  const kept = new Kept();
  const recordOf = (value: unknown): Record<string, unknown> => {
    const { digest, bytes } = kept.write(encodeRecord(value)) as Referenced;
    return { digest, bytes, as: 'record' };
  };
  kept.bytes.set(sound.digest, new Uint8Array(8));

  test.each<readonly [string, unknown, RegExp]>([
    ['without data', ref(undefined), /a record/],
    ['with no digest', ref({ ...sound, digest: '../../etc/passwd' }), /a digest/],
    ['with a place that is a path', ref({ ...sound, place: '../x-1' }), /a place/],
    ['with fewer bytes than none', ref({ ...sound, bytes: -1 }), /ref\.bytes/],
    ['of what there is not', ref({ ...sound, as: 'code' }), /'memory' or 'record'/],
    ['of a record that is none', ref({ ...sound, as: 'record' }), /frame/],
    ['of a record with a reference in it', ref(recordOf(ref(sound))), /nothing is known of where it leads/],
    ['of a view of nothing', view('Uint8Array', 1, 0, 1), /of memory/],
    ['of a view beyond its memory', view('Uint8Array', ref(sound), 4, 5), /beyond its memory/],
    ['of a view that is askew', view('Float64Array', ref(sound), 4, 0), /beyond its memory/],
    ['of a view of another class', view('Array', ref(sound), 0, 1), /name of a view/],
    ['of a view of the prototype', view('constructor', ref(sound), 0, 1), /name of a view/],
    ['of a Buffer of a view', { '#heddle': 'buffer', data: view('Uint8Array', ref(sound), 0, 1) }, /bytes/],
  ])('is refused: %s', (_, data, reason) => {
    const { packer } = new Border('b');
    const read = (): unknown => packer.unpack({ data: structuredClone([data]), isPacked: true }, kept);
    expect(read).toThrow(DecodeError);
    expect(read).toThrow(reason);
  });

  test('is made from one that is read', () => {
    const { packer } = new Border('b');
    expect(packer.unpack({ data: [view('Uint8Array', ref(sound), 4, 4)], isPacked: true }, kept)).toEqual([
      new Uint8Array(4),
    ]);
  });

  test('is what a reference is where nobody can follow it', () => {
    const { packer } = new Border('b');
    expect(() => packer.unpack({ data: ref(sound), isPacked: true })).toThrow(DecodeError);
  });
});

describe('toJSON() and fromJSON() with a folder', limit, () => {
  const value = {
    samples: new Float32Array([1, 2, 3]),
    bytes: Buffer.from('bytes'),
    memory: new ArrayBuffer(7),
    model: new Model([new Uint8Array(4)]),
    name: 'all',
  };
  const shared = { codecs: models, leastBytes: 1 };

  test('give the value back, from text without the data', () => {
    const references = folder();
    const text = toJSON(value, { ...shared, references });
    assert.deepStrictEqual(fromJSON(text, { ...shared, references }), value);
    expect(filesIn(references)).toHaveLength(4);
    for (const file of filesIn(references)) {
      const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
      expect(text).toContain(`"digest":"${digest}"`);
      expect(file.endsWith(join(digest.slice(0, 2), digest.slice(2)))).toBe(true);
    }
    toJSON([value, value.samples], { ...shared, references });
    expect(filesIn(references)).toHaveLength(4);
  });

  test('hold any data exactly', () => {
    const references = folder();
    fc.assert(
      fc.property(cloneable, (any) => {
        const text = toJSON([any], { ...shared, references });
        assert.deepStrictEqual(fromJSON(text, { ...shared, references }), [any]);
        expect(toJSON(fromJSON(text, shared), shared)).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  test('leave a Reference where it is not followed, which is written as it was', () => {
    const references = folder();
    const text = toJSON(value, { ...shared, references });
    const light = fromJSON(text) as Record<keyof typeof value, Reference>;
    expect(light.name).toBe('all');
    const told = [light.samples, light.bytes, light.memory, light.model].map((part) => {
      expect(part).toBeInstanceOf(Reference);
      expect(Object.isFrozen(part)).toBe(true);
      return [part.type, part.bytes];
    });
    expect(told.slice(0, 3)).toEqual([
      ['Float32Array', 12],
      ['Buffer', 5],
      ['ArrayBuffer', 7],
    ]);
    expect(told[3]?.[0]).toBe('Model');
    expect(light.bytes.digest).toBe(createHash('sha256').update('bytes').digest('hex'));
    expect(toJSON(light)).toBe(text);
    // Part of it in another value.
    const part = toJSON([light.samples, light.samples, value.name]);
    expect(fromJSON(part, { references })).toEqual([value.samples, value.samples, 'all']);
    expect(fromJSON(text, { references, dereference: false })).toEqual(light);
  });

  test('refuse data that is gone or changed, naming it', () => {
    const references = folder();
    const text = toJSON(new Uint8Array(100), { leastBytes: 1, references });
    const [file] = filesIn(references) as [string];
    spoil(file);
    expect(() => fromJSON(text, { references })).toThrow(DecodeError);
    expect(() => fromJSON(text, { references })).toThrow(/is not there, or damaged/);
    toJSON(new Uint8Array(100), { leastBytes: 1, references });
    expect(fromJSON(text, { references })).toEqual(new Uint8Array(100));
    rmSync(file);
    expect(() => fromJSON(text, { references })).toThrow(DecodeError);
    expect(() => fromJSON(text.replace('"bytes":100', '"bytes":99'), { references })).toThrow(DecodeError);
  });

  test('say what is wrong with how they are asked', () => {
    expect(() => fromJSON('{"heddle":1,"value":1}', { dereference: true })).toThrow(/give it: \{ references/);
    expect(() => toJSON(1, { leastBytes: 0 })).toThrow(RangeError);
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    expect(() => toJSON(new Uint8Array(9), { leastBytes: 1, references: file })).toThrow(/EEXIST|ENOTDIR/);
  });

  test('leave nothing half written', () => {
    const references = folder();
    toJSON(new Uint8Array(3_000_000), { references });
    expect(readdirSync(join(references, 'temporary'))).toEqual([]);
    expect(filesIn(references).map((file) => readFileSync(file).length)).toEqual([3_000_000]);
  });
});

describe('path()', () => {
  test('is readable as text, and comes back', () => {
    const file = path(new URL('file:///data/rows.csv'));
    const text = toJSON({ file });
    expect(text).toBe(
      '{"heddle":1,"packed":true,"value":{"file":{"#heddle":"path","data":"/data/rows.csv"}}}',
    );
    expect(fromJSON(text)).toEqual({ file });
    expect(String(file)).toBe('/data/rows.csv');
    expect(path('rows.csv').path).toBe(join(process.cwd(), 'rows.csv'));
    expect(() => fromJSON(text.replace('"/data/rows.csv"', '7'))).toThrow(DecodeError);
  });

  test('has the digest of where it is; what is there only a cache looks at', () => {
    expect(digestOf(path('/a'))).toBe(digestOf(path('/b/../a')));
    expect(digestOf(path('/a'))).not.toBe(digestOf(path('/b')));
    expect(digestOf(path('/a'))).not.toBe(digestOf('/a'));
  });
});

test('a Reference has no digest of what it stands for', () => {
  const references = folder();
  const light = fromJSON(toJSON(new Uint8Array(9), { leastBytes: 1, references }));
  expect(() => digestOf(light)).toThrow(expect.toSatisfy(isHeddleError));
});
