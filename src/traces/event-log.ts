/**
 * Events as lines of JSON: written while things go on, and read again. The format is in `docs/formats/events.md`.
 */

import type { Event, Sink } from '../events/event.ts';
import { BoundedFile } from './bounded-file.ts';

/** The version of the lines: a number, which grows when who reads them has to know. */
export const eventLogVersion = 1;

/** A file of events. Closing it, or disposing of it, writes what is left. */
export interface EventFile extends Sink, AsyncDisposable {
  /** How many events were dropped as the disk did not keep up, or failed. */
  readonly dropped: number;
  /** Waits until the disk has taken what there is. */
  drained(): Promise<void>;
  /**
   * Writes what is left, and ends.
   *
   * @throws {TraceFileError} If the file is not whole: the disk is full, or the folder cannot be written to. Runs do not hear
   *   of that.
   */
  close(): Promise<void>;
}

/** What is told besides the events themselves. */
export interface EventLogOptions {
  /** Whether calls and values are shown in short, which takes some microseconds a call. @defaultValue `false` */
  readonly details?: boolean;
}

/**
 * Makes a sink that writes each event as a line of JSON, with what each call needs.
 *
 * - **Bound:** it never waits for the disk. What that does not take is kept, up to 64 MiB; what comes then is dropped, and
 *   counted in the last line.
 * - **Reading meanwhile:** a line is in the file after a quarter of a second.
 *
 * @param path - of the file, made anew; one that ends with `.gz` is compressed
 *
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { run, task } from 'heddle';
 * import { openEventLog, readEventLog } from 'heddle/traces';
 * const file = join(mkdtempSync(join(tmpdir(), 'heddle-')), 'run.jsonl');
 * const log = openEventLog(file);
 * await run(task(() => 42)(), { sinks: log });
 * await log.close();
 * const kinds = await Array.fromAsync(readEventLog(file), ({ kind }) => kind);
 * assert.deepEqual(kinds, ['run-started', 'calls-added', 'call-started', 'call-settled', 'run-settled']);
 * ```
 */
export function openEventLog(path: string, { details = false }: EventLogOptions = {}): EventFile {
  const file = new BoundedFile(path);
  file.append(`${JSON.stringify({ heddle: 'events', version: eventLogVersion })}\n`);
  const close = (): Promise<void> =>
    file.close(() => (file.dropped === 0 ? '' : `${JSON.stringify({ dropped: file.dropped })}\n`));
  return {
    details,
    graph: true,
    emit: (event) => file.append(`${JSON.stringify(event)}\n`),
    get dropped() {
      return file.dropped;
    },
    drained: () => file.drained(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Reads events from a file of {@link openEventLog}, also one whose program was killed: a last line that was cut is left out.
 *
 * @throws {SyntaxError} If it is no such file, or a line of it is damaged, naming the line.
 */
export async function* readEventLog(path: string): AsyncGenerator<Event, void, undefined> {
  const { createReadStream } = process.getBuiltinModule('node:fs');
  const { createInterface } = process.getBuiltinModule('node:readline');
  const { createGunzip } = process.getBuiltinModule('node:zlib');
  const { pipeline } = process.getBuiltinModule('node:stream');
  const bytes = createReadStream(path);
  // A compressed file of a program that was killed has no end.
  const input = path.endsWith('.gz') ? pipeline(bytes, createGunzip(), () => undefined) : bytes;
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  /** Only the last line may be damaged. */
  let damaged: number | undefined;
  try {
    for await (const line of lines) {
      number++;
      if (damaged !== undefined) throw damagedLine(path, damaged);
      const read = parsed(line);
      if (number === 1) checkHead(path, read);
      else if (read === undefined) damaged = number;
      else if ('kind' in read) yield read as unknown as Event;
    }
  } finally {
    lines.close();
    bytes.destroy();
  }
  if (number === 0) checkHead(path, undefined);
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const read: unknown = JSON.parse(line);
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function checkHead(path: string, head: Readonly<Record<string, unknown>> | undefined): void {
  if (head?.['heddle'] !== 'events') {
    throw new SyntaxError(`Cannot read events as the file is no log of them: received '${path}'`);
  }
  if (head['version'] !== eventLogVersion) {
    throw new SyntaxError(
      `Cannot read events as their version is not ${eventLogVersion}: received ${String(head['version'])} in '${path}'`,
    );
  }
}

function damagedLine(path: string, line: number): SyntaxError {
  return new SyntaxError(`Cannot read events as line ${line} is damaged: received '${path}'`);
}
