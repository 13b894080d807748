/**
 * A call as data, for threads and processes of other pools, which know nothing of tasks.
 *
 * Arguments and results are written as a cache writes values, so that a value is the same whether it was computed there or
 * is remembered here; and an error keeps its class, which most pools lose. They are text, base64, since pools send data in
 * whatever way: as V8 clones it, or as JSON.
 */

import type { CodecsModule } from '../codec/codecs.ts';
import type { TaskModule } from '../task/task-core.ts';
import { loadCodecs, loadTask } from '../worker/inside/load-task.ts';
import { type Carried, functionOfCarried } from './carried.ts';
import { ValueCodec } from './value-codec.ts';

export interface ForeignCall {
  readonly task: TaskModule;
  /** The list of arguments. */
  readonly args: string;
  /** How instances of classes are written. */
  readonly codecs: readonly CodecsModule[];
  /** The cache for what the task calls, if it can be opened there. */
  readonly carried: Carried | undefined;
}

/** What came of it: a value, or what the task threw. */
export interface ForeignEnd {
  readonly is: 'success' | 'threw';
  readonly value: string;
}

/** Writes a value. @throws {NotCloneableError} If it cannot be written, naming the way to it. */
export function toText(codec: ValueCodec, value: unknown, what: string): string {
  const { bytes } = codec.encode(value, what);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** Reads what `toText` wrote. */
export function fromText(codec: ValueCodec, text: string): unknown {
  return codec.decode(Buffer.from(text, 'base64'));
}

/** Runs a call where it was sent. What it rejects with is no doing of the task. */
export async function runForeignCall({ task, args, codecs, carried }: ForeignCall): Promise<ForeignEnd> {
  const codec = new ValueCodec(codecs.length === 0 ? undefined : await loadCodecs(codecs), 'v8');
  const { fn } = await loadTask(task.url, task.name);
  const act = carried === undefined ? fn : functionOfCarried(carried);
  const given = fromText(codec, args) as never[];
  let value: unknown;
  try {
    value = await act(...given);
  } catch (error) {
    return { is: 'threw', value: toText(codec, error, 'error') };
  }
  return { is: 'success', value: toText(codec, value, 'result') };
}
