/**
 * Saves the calls of a run as a file that ui.perfetto.dev opens.
 */

import { traceOf } from '../../src/observe/calls/columns-trace.ts';
import type { WatchedRun } from '../data/watched-run.ts';

/** Pieces joined at once: a browser takes few large ones sooner than many small. */
const piecesOfPart = 20_000;

export function saveTrace(run: WatchedRun): void {
  const { executor, startedAtMs } = run.state.value;
  const parts: string[] = [];
  let pieces: string[] = [];
  for (const piece of traceOf(run.columns, `heddle: ${executor}`)) {
    pieces.push(piece);
    if (pieces.length < piecesOfPart) continue;
    parts.push(pieces.join(''));
    pieces = [];
  }
  const file = new Blob([...parts, pieces.join('')], { type: 'application/json' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = `heddle-${new Date(startedAtMs).toISOString().slice(0, 19).replaceAll(':', '-')}.trace.json`;
  link.click();
  // The browser has it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
