/**
 * Figures out of standings: what each contender was measured at, and how ours stand beside others.
 */

import type { Figure } from '../figure.ts';
import type { Standing } from './in-rounds.ts';

/** One measure of all contenders that have it. */
export function figuresOf(
  standings: readonly Standing[],
  measure: string,
  title: string,
  unit: Figure['unit'],
): Figure[] {
  return standings.flatMap(({ contender, measures }) => {
    const value = measures[measure];
    return value === undefined ? [] : [{ name: `${title}: ${contender.name}`, unit, value }];
  });
}

/** What ours is divided by. */
export interface Yardstick {
  readonly name: string;
  readonly value: number | undefined;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Each of heddle's ways over each yardstick that there is. */
export function ratiosOf(
  standings: readonly Standing[],
  measure: string,
  title: string,
  yardsticks: readonly Yardstick[],
): Figure[] {
  return standings.flatMap(({ contender, measures }) => {
    const own = measures[measure];
    if (contender.side !== 'heddle' || own === undefined) return [];
    return yardsticks.flatMap(({ name, value, ...target }): Figure[] =>
      value === undefined
        ? []
        : [
            {
              name: `${title}: ${contender.name} over ${name}`,
              unit: 'times',
              value: own / value,
              ...target,
            },
          ],
    );
  });
}

/** What a contender was measured at. */
export function valueOf(standings: readonly Standing[], name: string, measure: string): number | undefined {
  return standings.find(({ contender }) => contender.name === name)?.measures[measure];
}

/** The best among other people's, by whether more is better. */
export function bestPeer(
  standings: readonly Standing[],
  measure: string,
  better: 'more' | 'less',
): number | undefined {
  const values = standings
    .filter(({ contender }) => contender.side === 'peer')
    .flatMap(({ measures }) => measures[measure] ?? []);
  if (values.length === 0) return undefined;
  return better === 'more' ? Math.max(...values) : Math.min(...values);
}
