/**
 * The program of a process that puts one contender through one case: `node contender-process.ts <case> <contender>
 * [quick]`.
 *
 * Writes its measures as a line of JSON after what the contender may have written, and ends without waiting for it.
 */

import { writeSync } from 'node:fs';
import { caseList } from './case-list.ts';
import { contenderList } from './contender-list.ts';

const [caseName = '', contenderName = '', quick] = process.argv.slice(2);
const contender = contenderList.find(({ name }) => name === contenderName);
const load = caseList[caseName];
if (contender === undefined || load === undefined) {
  throw new RangeError(
    `Cannot measure as there is no such case or contender: received '${caseName}' '${contenderName}'`,
  );
}
const measure = await load();
await contender.load?.();
const measures = await measure({
  quick: quick === 'quick',
  open: (workers) => contender.open(workers),
  moves: contender.moves,
});
writeSync(1, `\n${JSON.stringify(measures)}\n`);
process.exit();
