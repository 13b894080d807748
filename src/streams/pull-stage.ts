/**
 * What a pull is made of: functions for one item at a time, and functions from one stream to another.
 *
 * Functions that follow one another become one loop.
 */

import { isPromiseLike } from '../base/promise-like.ts';
import { isAsynchronous, type Pullable } from './open-source.ts';

/** One link of a chain that pulls. */
export type PullStage = MapStage | { readonly through: (source: AsyncIterable<never>) => Pullable<unknown> };

/** A function of one item, which may give a promise. */
export interface MapStage {
  readonly map: (item: never) => unknown;
}

/** The items of a source as they come out of the last stage. */
export function applyStages(source: AsyncIterable<unknown>, stages: readonly PullStage[]): Pullable<unknown> {
  let result: Pullable<unknown> = source;
  let maps: MapStage['map'][] = [];
  for (const stage of stages) {
    if ('map' in stage) {
      maps.push(stage.map);
      continue;
    }
    // What stages take and give fits: `Pull.to` has seen to it, by types.
    result = stage.through(mapped(result, maps) as AsyncIterable<never>);
    maps = [];
  }
  return maps.length === 0 ? result : mapped(result, maps);
}

function mapped(source: Pullable<unknown>, maps: readonly MapStage['map'][]): Pullable<unknown> {
  return maps.length === 0 && isAsynchronous(source) ? source : mapAll(source, maps);
}

async function* mapAll(source: Pullable<unknown>, maps: readonly MapStage['map'][]): AsyncGenerator<unknown> {
  for await (const item of source) {
    let value: unknown = item;
    for (const map of maps) {
      value = map(value as never); // As above.
      if (isPromiseLike(value)) value = await value;
    }
    yield value;
  }
}
