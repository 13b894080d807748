/**
 * The states of a call as small numbers, for columns; with a word and a letter each, so that no display tells them by colour alone.
 */

/** What each number means. The numbers are in frames and reports: they stay. */
export const callState = {
  /** Not in the run, as far as is known. */
  absent: 0,
  waiting: 1,
  running: 2,
  /** It has failed, and is attempted again. */
  retrying: 3,
  computed: 4,
  retrieved: 5,
  attached: 6,
  failed: 7,
  /** It gave a failure as its value. */
  failureValue: 8,
  skipped: 9,
} as const;

/** How a state is shown. */
export interface StateLook {
  /** For people, and in filters. */
  readonly name: string;
  /** One letter or sign, which no other state has. */
  readonly letter: string;
}

/** The looks, by number. */
export const stateLooks: readonly StateLook[] = [
  { name: 'absent', letter: '?' },
  { name: 'waiting', letter: '·' },
  { name: 'running', letter: '▸' },
  { name: 'retrying', letter: '↻' },
  { name: 'computed', letter: '✔' },
  { name: 'retrieved', letter: '=' },
  { name: 'attached', letter: '&' },
  { name: 'failed', letter: '✘' },
  { name: 'failure-value', letter: '!' },
  { name: 'skipped', letter: '–' },
];

/** Whether a call with this state has its outcome. */
export function isSettled(state: number): boolean {
  return state >= callState.computed;
}

/** Whether a call with this state gave no value, or a failure as its value. */
export function isFailed(state: number): boolean {
  return state === callState.failed || state === callState.failureValue;
}
