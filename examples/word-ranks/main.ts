/**
 * Ranks the words of a corpus, on all cores: files are read and counted in parallel, counts are added up by a stage with a
 * state. Before, the same in this thread, to compare.
 */

import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { openPipeline, stage, terminal } from 'heddle';
import { folders, type Group, groupsOf } from './corpus.ts';
import { countWords, Ranker, type Ranking } from './tasks.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { megabytes: { type: 'string', default: '64' }, watch: { type: 'boolean', default: false } },
});
const within = positionals.length > 0 ? positionals : folders;

/** All groups of files, then `undefined`. */
function* inputs(): Generator<Group | undefined, void, undefined> {
  yield* groupsOf(within, Number(values.megabytes) * 1e6);
  yield undefined;
}

async function rank(sequential: boolean): Promise<Ranking> {
  const stages = [stage(countWords), stage(Ranker(5), { stateful: true })] as const;
  const pipeline = openPipeline(stages, {
    sequential,
    // One more than there are cores: the stage with a state has little to do.
    cpus: availableParallelism() + 1,
    ...(values.watch ? { sinks: terminal() } : {}),
  });
  const startedMs = performance.now();
  try {
    const [ranking] = await pipeline.apply(inputs()).toArray();
    const tookMs = Math.round(performance.now() - startedMs);
    console.log(`${sequential ? 'in this thread' : 'on workers'}: ${tookMs} ms`);
    assert.ok(ranking !== undefined);
    return ranking;
  } finally {
    await pipeline.dispose();
  }
}

const alone = await rank(true);
const ranking = await rank(false);
assert.deepEqual(ranking, alone);
assert.ok(ranking.words > 0);
console.log(`${ranking.words} words, ${ranking.distinct} different ones`);
for (const [word, times] of ranking.top) console.log(`${String(times).padStart(9)} ${word}`);
