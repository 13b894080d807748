/**
 * All that are measured against each other: heddle, the pools of others, and what is possible.
 */

import { mapContenders } from '../peers/map-contenders.ts';
import { peerContenders } from '../peers/peer-contenders.ts';
import { barePool } from './bare-pool.ts';
import type { Contender } from './contender.ts';
import { floorPool } from './floor-pool.ts';
import { heddleContenders } from './heddle-contenders.ts';

/** In the order in which they are shown. */
export const contenderList: readonly Contender[] = [
  ...heddleContenders,
  floorPool,
  barePool,
  ...peerContenders,
  ...mapContenders,
];
