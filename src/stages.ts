/**
 * What workers import to run the stages of pipelines: see `src/pipeline/segment-runner.ts`. Users never import it.
 */

import { itemsOf } from './pipeline/items-of.ts';
import { runSegment, SegmentRunner } from './pipeline/segment-runner.ts';
import { delayedInit } from './task/delayed-init.ts';
import { tasks } from './task/task.ts';

tasks(import.meta, { SegmentRunner: delayedInit(SegmentRunner), runSegment, unbatch: itemsOf });
