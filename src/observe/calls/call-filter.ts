/**
 * Which calls are meant, in words that people type: `add failed`, `task:fit state:running ms>500`.
 *
 * Words stand side by side, and all have to hold. `task:NAME`, `state:NAME` (several with commas), `#12`, `ms>N`, `ms<N`,
 * `attempts>N`; the name of a state stands for itself; any other word is looked for in the task's name and what is shown of
 * the call, small and large letters alike. A `-` in front of a word turns it round;
 * what has spaces stands in quotes: `task:"read file"`.
 */

import type { CallColumns } from './call-columns.ts';
import { stateLooks } from './call-state.ts';

/** Whether a row is meant. */
export type CallFilter = (columns: CallColumns, row: number) => boolean;

/** Reads a filter. Heddle's own calls, and rows that are not there, never are meant. Nothing it is given is an error. */
export function readFilter(text: string): CallFilter {
  const words = text.match(/(?:"[^"]*"|\S)+/g) ?? [];
  const tests = words
    .map((word) => word.replaceAll('"', ''))
    .filter((word) => word !== '' && word !== '-')
    .map((word): CallFilter => {
      if (!word.startsWith('-')) return readWord(word);
      const test = readWord(word.slice(1));
      return (columns, row) => !test(columns, row);
    });
  return (columns, row) =>
    columns.state[row] !== 0 && !columns.isBuiltin(row) && tests.every((test) => test(columns, row));
}

/** How long a call took, the last time; up to `nowMs` if it runs; `NaN` if it never ran. */
export function durationOf(columns: CallColumns, row: number, nowMs: number): number {
  const startMs = columns.startMs[row] as number;
  const endMs = columns.endMs[row] as number;
  return (Number.isNaN(endMs) ? nowMs : endMs) - startMs;
}

function readWord(word: string): CallFilter {
  const number = /^#(\d+)$/.exec(word);
  if (number !== null) return (_, row) => row === Number(number[1]);
  const compared = /^(ms|attempts)([<>])(\d+(?:\.\d+)?)$/.exec(word);
  if (compared !== null) {
    const [, what, sign, amount] = compared;
    return (columns, row) => {
      const found = what === 'ms' ? durationOf(columns, row, Number.NaN) : (columns.attempts[row] as number);
      return sign === '<' ? found < Number(amount) : found > Number(amount);
    };
  }
  const [, key, value = ''] = /^(task|state):(.*)$/.exec(word) ?? [];
  if (key === 'task') return (columns, row) => columns.taskName(row) === value;
  if (key === 'state' || stateLooks.some(({ name }) => name === word)) {
    const states = (key === 'state' ? value : word)
      .split(',')
      .map((wanted) => stateLooks.findIndex(({ name }) => name === wanted));
    return (columns, row) => states.includes(columns.state[row] as number);
  }
  const wanted = word.toLowerCase();
  return (columns, row) => {
    const { text, shown } = columns.wordsOf(row);
    return `${columns.taskName(row)} ${text ?? ''} ${shown ?? ''}`.toLowerCase().includes(wanted);
  };
}
