/**
 * Types of streams: what flows through a chain, and neighbours that do not fit.
 */

import type { Readable, Writable } from 'node:stream';
import { openPool, task } from '../../src/index.ts';
import {
  branch,
  broadcast,
  Connection,
  fromTransform,
  fromWritable,
  type Pull,
  type Push,
  type Pushing,
  patch,
  pull,
  pullFrom,
  pullMap,
  push,
  pushFrom,
  pushMap,
  Queue,
  type Sink,
  type Source,
  sinkMap,
  threadPool,
  toReadable,
} from '../../src/streams.ts';
import { holds, type Same } from './expect-type.ts';

declare const numbers: Queue<number>;
declare const readable: Readable;
declare const writable: Writable;
const toText = pullMap((x: number) => String(x));
const toLength = pullMap(async (text: string) => text.length);

// What flows.
holds<Same<typeof toText, Pull<number, string>>>();
holds<Same<typeof toLength, Pull<string, number>>>();
const chain = pullFrom([1, 2]).to(toText).to(toLength);
holds<Same<typeof chain, Source<number>>>();
const inferred = pullFrom([1, 2])
  .to((x) => x.toFixed())
  .to(async (text) => text.length > 1);
holds<Same<typeof inferred, Source<boolean>>>();
const inferredMap = pullFrom([1, 2]).to(pullMap((x) => [x]));
holds<Same<typeof inferredMap, Source<number[]>>>();
const joined = toText.to(toLength);
holds<Same<typeof joined, Pull<number, number>>>();
const ofGenerator = pull(async function* (source: AsyncIterable<Date>) {
  for await (const date of source) yield date.getTime();
});
holds<Same<typeof ofGenerator, Pull<Date, number>>>();
const pushed = pushMap((x: number) => String(x));
holds<Same<typeof pushed, Push<number, string>>>();
const pushedOn = pushed.to((text) => text.length);
holds<Same<typeof pushedOn, Push<number, number>>>();
const intoNode: Sink<unknown> = fromWritable(writable);
void patch(['a'], intoNode);
const sunk = pushed.to(sinkMap((text) => text.length));
holds<Same<typeof sunk, Sink<number>>>();
const coroutine = push<number, string>(function* (sink) {
  for (;;) {
    const x = yield;
    holds<Same<typeof x, number>>();
    void sink.push(String(x));
  }
});
holds<Same<typeof coroutine, Push<number, string>>>();
push<number, string>(async function* (sink) {
  for (;;) await sink.push((yield).toFixed());
});
const pushing = pushFrom('ab').to((letter) => letter.codePointAt(0));
holds<Same<typeof pushing, Pushing<number | undefined>>>();
const ended = pushFrom([1]).to(numbers);
holds<Same<typeof ended, Promise<void>>>();
const connection = numbers.to(toText);
holds<Same<typeof connection, Connection<number, string>>>();
const pooled = numbers.to(threadPool(toText, async (x: number) => `${x}`));
holds<Same<typeof pooled, Connection<number, string>>>();
const threads = numbers.to(threadPool(openPool(task((x: number) => [x]))));
holds<Same<typeof threads, Connection<number, number[]>>>();
const web = toReadable(connection);
holds<Same<typeof web, ReadableStream<string>>>();
void patch(
  numbers,
  broadcast(
    numbers,
    sinkMap((x: number) => x),
  ),
);
void patch(
  readable,
  sinkMap((chunk: Buffer) => chunk),
);
void patch(numbers, fromWritable(new WritableStream<number>()));
void patch(pullFrom(['a']).to(fromTransform(new TransformStream<string, number>())), numbers);
// A sink of more fits where less is pushed.
void patch(
  [1],
  sinkMap((x: number | string) => x),
);

// Neighbours that do not fit.
// @ts-expect-error A number is given, a text is taken.
pullFrom([1]).to(toLength);
// @ts-expect-error The same, of a function.
pullFrom([1]).to((text: string) => text);
// @ts-expect-error The same, between transformers.
toText.to(toText);
// @ts-expect-error The same, pushing.
pushed.to(pushMap((x: number) => x));
// @ts-expect-error The same, at the end.
pushed.to(numbers);
// @ts-expect-error The same, of what pushes by itself.
void pushFrom(['a']).to(numbers);
// @ts-expect-error The same, patched.
void patch(['a'], numbers);
// @ts-expect-error The same, patched to a chain.
void patch(pullFrom(['a']), sunk);
// @ts-expect-error The same, of a queue.
numbers.to(toLength);
// @ts-expect-error The same, of a branch.
numbers.to(branch(new Queue<string>()));
// @ts-expect-error The same, of a connection.
new Connection<string, number>(numbers, numbers);
// @ts-expect-error The same, of a Web stream.
void patch(numbers, fromWritable(new WritableStream<string>()));

// @ts-expect-error The same, of a pool.
numbers.to(threadPool(openPool(task((x: string) => x))));

// Pull and push do not join.
// @ts-expect-error A pull is not followed by a push.
pullFrom([1]).to(pushed);
// @ts-expect-error Nor by a sink.
pullFrom([1]).to(numbers);
// @ts-expect-error Nor a transformer that pulls.
toText.to(pushMap((text: string) => text));
// @ts-expect-error A push is not followed by a pull.
pushed.to(toLength);
// @ts-expect-error Nor by a source.
pushed.to(pullFrom(['a']));
// @ts-expect-error A sink is an end.
sunk.to(pushed);
// @ts-expect-error A transformer that pulls is no sink.
void patch([1], toText);
pull(function* (source: AsyncIterable<number>) {
  // @ts-expect-error A source can wait, so a plain generator cannot go through it.
  for (const x of source) yield x;
});
// @ts-expect-error There is no such option.
new Queue({ size: 3 });
