/**
 * What a program and its worker process tell each other before all else: which heddle they are, on which runtime, and
 * how they write messages. They may be of different installations, on different machines.
 *
 * A greeting is text in a frame of version 0, which every version of heddle can read, whatever has become of the other
 * frames. Each side sends its own without waiting for the other's, so it costs no way there and back. Leaves to the
 * two ends what becomes of a worker that is refused.
 */

import { HeddleError } from '../base/errors.ts';
import { once } from '../base/once.ts';
import { version } from '../base/version.ts';
import { expectIndex, expectRecord, expectText } from '../codec/expect.ts';

/** The version of the messages and their meaning: goes up when either changes. */
export const protocolVersion = 1;

/** One of the two sides. */
export interface Greeting {
  /** The version of heddle. */
  readonly heddle: string;
  /** The version of the messages. */
  readonly protocol: number;
  /** `node`, `bun` or `deno`. */
  readonly runtime: string;
  readonly runtimeVersion: string;
  /** In which version of its format V8 writes values; `undefined` where they are not written by V8. */
  readonly v8Format: number | undefined;
}

/** A worker process and this program do not understand each other. The message names both, and the mend. */
export class IncompatibleWorkerError extends HeddleError {
  override readonly name: string = 'IncompatibleWorkerError';
  constructor(message: string) {
    super('HEDDLE_INCOMPATIBLE_WORKER', message);
  }
}

/** Says who this process is. */
export const ownGreeting: () => Greeting = once(() => {
  const { bun, deno, node } = process.versions as Partial<Record<string, string>>;
  const runtime = bun === undefined ? (deno === undefined ? 'node' : 'deno') : 'bun';
  return {
    heddle: version,
    protocol: protocolVersion,
    runtime,
    runtimeVersion: bun ?? deno ?? node ?? '',
    // Bun has functions of the same names, and a format of its own.
    v8Format: runtime === 'bun' ? undefined : v8Format(),
  };
});

/** Reads it off what V8 writes before each value. */
function v8Format(): number | undefined {
  try {
    const { Serializer } = process.getBuiltinModule('node:v8');
    const writer = new Serializer();
    writer.writeHeader();
    const [tag, format] = writer.releaseBuffer();
    return tag === 0xff ? format : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Looks at what came as a greeting. It may have members that are not known here.
 *
 * @throws {DecodeError} If it is none.
 */
export function readGreeting(value: unknown): Greeting {
  const { heddle, protocol, runtime, runtimeVersion, v8Format } = expectRecord(value, 'greeting');
  return {
    heddle: expectText(heddle, 'greeting.heddle'),
    protocol: expectIndex(protocol, 'greeting.protocol'),
    runtime: expectText(runtime, 'greeting.runtime'),
    runtimeVersion: expectText(runtimeVersion, 'greeting.runtimeVersion'),
    v8Format: v8Format === undefined ? undefined : expectIndex(v8Format, 'greeting.v8Format'),
  };
}

/** Says why a program and a worker cannot work together, and what to do; `undefined` if they can. */
export function refusalOf(host: Greeting, worker: Greeting): string | undefined {
  if (host.protocol !== worker.protocol) {
    return refusal(
      host,
      worker,
      `they speak different versions of the protocol: received ${worker.protocol} for ${host.protocol}`,
      `install heddle ${host.heddle} where the worker runs, or the worker's ${worker.heddle} here`,
    );
  }
  const [a, b] = [host.v8Format, worker.v8Format];
  if (a === b && a !== undefined) return undefined;
  const where = `run both on ${host.runtime} ${host.runtimeVersion.replace(/\..*/, '')}`;
  if (a === undefined || b === undefined) {
    const [without, formed] = a === undefined ? [host, worker] : [worker, host];
    const what =
      formed.v8Format === undefined
        ? `neither writes values in the format of V8: received '${without.runtime}'`
        : `${without.runtime} does not write values in the format of V8, which ${formed.runtime} reads`;
    return refusal(host, worker, what, formed.v8Format === undefined ? 'run both on node' : where);
  }
  const [older, newer] = a < b ? [host, worker] : [worker, host];
  return refusal(
    host,
    worker,
    `${nameOf(older)} reads values up to version ${older.v8Format} of the format of V8: ` +
      `received version ${newer.v8Format} from ${nameOf(newer)}`,
    where,
  );
}

function refusal(host: Greeting, worker: Greeting, why: string, mend: string): string {
  return `Cannot join a worker of ${sideOf(worker)} to a program of ${sideOf(host)} as ${why}\n  ${mend}`;
}

function sideOf(side: Greeting): string {
  return `heddle ${side.heddle} on ${nameOf(side)}`;
}

function nameOf({ runtime, runtimeVersion }: Greeting): string {
  return `${runtime} ${runtimeVersion}`;
}

/** What is said of a side that sends messages before its greeting. */
export function notGreetedText(side: 'worker' | 'program'): string {
  const { heddle } = ownGreeting();
  return (
    `Cannot join a worker to a program as the ${side} did not say who it is: received messages without a greeting\n` +
    `  install heddle ${heddle} on both sides`
  );
}
