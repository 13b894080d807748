/**
 * What calls print on the workers of a queue, handed on here as what workers of this machine print.
 */

import type { Output } from '../../../worker/output.ts';
import { PrintedLines, type PrintSource, type WorkerLines } from '../../../worker/printed-lines.ts';
import type { PrintReply } from './queue-wire.ts';

/** Lines that are here already: nobody can be held, and nothing is left to fetch. */
const arrived: PrintSource = { hold: ignore, release: ignore, drain: ignore };

/** Of how many workers lines are told apart. Beyond, the first ones are counted anew: a fleet may change for ever. */
const mostWorkers = 10_000;

export class Printing {
  readonly #lines: PrintedLines;
  /** By name. */
  readonly #workers = new Map<string, WorkerLines>();

  constructor(output: Output) {
    this.#lines = new PrintedLines({ output, kind: 'queue worker' });
  }

  take({ worker, stream, text }: PrintReply): void {
    let lines = this.#workers.get(worker);
    if (lines === undefined) {
      if (this.#workers.size >= mostWorkers) this.close();
      lines = this.#lines.open(arrived);
      this.#workers.set(worker, lines);
    }
    lines.push(stream, Buffer.from(`${text}\n`));
  }

  close(): void {
    for (const lines of this.#workers.values()) lines.end();
    this.#workers.clear();
  }
}

function ignore(): void {
  // There is nobody to hold.
}
