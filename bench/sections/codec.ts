/**
 * What it costs to make bytes and text of values: frames in turns with V8's own writer and reader, the looks that packing takes,
 * JSON text in turns with plain JSON, and `.npy` in turns with a plain copy. What users cannot import is taken from the source.
 */

import { deserialize, serialize } from 'node:v8';
import { fromJSON, toJSON } from 'heddle';
import { fromNpy, toNpy } from 'heddle/codecs';
import { asObject } from '../../src/codec/codecs.ts';
import { codecs } from '../../src/codec/codecs-registry.ts';
import { Border } from '../../src/worker/border.ts';
import { FrameReader, toFrame } from '../../src/worker/frames.ts';
import type { Figure, Settings } from '../figure.ts';
import { inTurns, timeMs } from '../in-turns.ts';

class Point {
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
}

const small = { lr: 0.1, layers: [64, 64], name: 'adam', when: new Date(0) };
const records = Array.from({ length: 2000 }, (_, i) => ({
  id: i,
  name: `item ${i}`,
  price: i * 1.5,
  tags: ['a', 'b'],
  isSold: i % 2 === 0,
}));
const instances = Array.from({ length: 2000 }, (_, i) => ({ id: i, point: new Point(i) }));

/** What the pipe of a process gives at once. */
const chunkBytes = 65_536;

/** Writes a message and reads it as it comes by a pipe. */
function overPipe(message: object): unknown {
  const frame = toFrame(message);
  const reader = new FrameReader();
  let back: unknown;
  for (let at = 0; at < frame.length; at += chunkBytes)
    for (const one of reader.push(frame.subarray(at, at + chunkBytes))) back = one;
  return back;
}

/** The same with V8 alone. It gives typed arrays that lie in the bytes it was given. */
function v8OverPipe(message: object): unknown {
  const bytes = serialize(message);
  if (bytes.length <= chunkBytes) return deserialize(bytes);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) pieces.push(bytes.subarray(at, at + chunkBytes));
  return deserialize(Buffer.concat(pieces));
}

/** Measures the section `codec`. */
export async function measureCodec({ quick }: Settings): Promise<readonly Figure[]> {
  const turns = quick ? 5 : 31;
  const repeats = quick ? 1_000 : 20_000;
  const microseconds = (work: () => unknown) => async () =>
    ((await timeMs(() => {
      for (let i = 0; i < repeats; i++) work();
    })) *
      1000) /
    repeats;
  const milliseconds = (work: () => unknown) => () => timeMs(work);
  const many = (work: () => unknown) => () =>
    timeMs(() => {
      for (let i = 0; i < 16; i++) work();
    });

  // Small enough that memory is used again: where it is fresh, the system takes most of the time, for one or the other.
  const array = new Float64Array(2 ** 16).map((_, i) => Math.sqrt(i));
  const withArray = { array };
  const points = codecs().register(Point, asObject(Point));
  const { packer } = new Border('bench');
  packer.use(points);
  const packAndBack = (value: unknown): unknown => packer.unpack(packer.pack(value, 'value'));
  const text = toJSON(records);
  const plainText = JSON.stringify(records);
  const file = toNpy(array);
  const fileBytes = new Uint8Array(file.length);

  const each = await inTurns(
    {
      smallFrame: microseconds(() => overPipe(small)),
      smallV8: microseconds(() => v8OverPipe(small)),
      smallPack: microseconds(() => packAndBack(small)),
    },
    quick ? 5 : 15,
  );
  const whole = await inTurns(
    {
      recordsFrame: milliseconds(() => overPipe(records)),
      recordsV8: milliseconds(() => v8OverPipe(records)),
      arrayFrame: many(() => overPipe(withArray)),
      arrayV8: many(() => v8OverPipe(withArray)),
      pack: milliseconds(() => packAndBack(records)),
      packInstances: milliseconds(() => packAndBack(instances)),
      toJson: milliseconds(() => toJSON(records)),
      fromJson: milliseconds(() => fromJSON(text)),
      stringify: milliseconds(() => JSON.stringify(records)),
      parse: milliseconds(() => JSON.parse(plainText)),
      toNpy: many(() => toNpy(array)),
      fromNpy: many(() => fromNpy(file)),
      copy: many(() => Uint8Array.prototype.slice.call(fileBytes)),
    },
    turns,
  );
  return [
    { name: 'a small record as a frame and back', unit: 'µs', value: each.smallFrame },
    {
      name: 'over v8.serialize and deserialize',
      unit: 'times',
      value: each.smallFrame / each.smallV8,
      atMost: 1.2,
    },
    { name: '2,000 records as a frame and back', unit: 'ms', value: whole.recordsFrame },
    {
      name: 'these over v8.serialize and deserialize',
      unit: 'times',
      value: whole.recordsFrame / whole.recordsV8,
      atMost: 1.2,
    },
    { name: '16 Float64Arrays of 512 KiB as frames and back', unit: 'ms', value: whole.arrayFrame },
    {
      name: 'these over v8.serialize and deserialize alike',
      unit: 'times',
      value: whole.arrayFrame / whole.arrayV8,
      atMost: 1.2,
    },
    { name: 'the look at a small record before it is sent', unit: 'µs', value: each.smallPack, atMost: 0.5 },
    { name: 'the look at 2,000 records', unit: 'ms', value: whole.pack, atMost: 0.5 },
    { name: 'packing and unpacking 2,000 instances', unit: 'ms', value: whole.packInstances, atMost: 4 },
    { name: 'toJSON of 2,000 records', unit: 'ms', value: whole.toJson, atMost: 8 },
    { name: 'fromJSON of them', unit: 'ms', value: whole.fromJson, atMost: 8 },
    { name: 'JSON.stringify of them', unit: 'ms', value: whole.stringify },
    { name: 'JSON.parse of them', unit: 'ms', value: whole.parse },
    { name: 'toNpy of 16 Float64Arrays of 512 KiB', unit: 'ms', value: whole.toNpy },
    { name: 'fromNpy of them', unit: 'ms', value: whole.fromNpy },
    { name: 'plain copies of them', unit: 'ms', value: whole.copy },
    { name: 'toNpy over a plain copy', unit: 'times', value: whole.toNpy / whole.copy, atMost: 1.5 },
    { name: 'fromNpy over a plain copy', unit: 'times', value: whole.fromNpy / whole.copy, atMost: 1.5 },
  ];
}
