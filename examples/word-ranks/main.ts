/**
 * Ranks the words of all texts below a folder, on all cores: files are read and counted in parallel, counts are added up
 * by a stage with a state. Before, the same in this thread, to compare.
 */

import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openPipeline, stage } from 'heddle';
import { countWords, Ranker, type Ranking } from './tasks.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { megabytes: { type: 'string', default: '16' } },
});
const [folder = join(import.meta.dirname, '..', '..', 'node_modules')] = positionals;
const mostBytes = Number(values.megabytes) * 1e6;

const isText = /(?:\.(?:md|txt|ts|html|rst)|LICENSE|README|copyright|changelog)$/i;
/** Files that are counted together, in bytes: then few words are told twice. */
const groupBytes = 1e6;

/** Texts in groups, as far as they go, and `undefined` at the end. */
function* texts(): Generator<readonly string[] | undefined, void, undefined> {
  let group: string[] = [];
  let inGroup = 0;
  let left = mostBytes;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !isText.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = statSync(file).size;
    group.push(file);
    inGroup += bytes;
    left -= bytes;
    if (left <= 0) break;
    if (inGroup < groupBytes) continue;
    yield group;
    group = [];
    inGroup = 0;
  }
  if (group.length > 0) yield group;
  yield undefined;
}

async function rank(sequential: boolean): Promise<Ranking> {
  const stages = [stage(countWords), stage(Ranker(5), { stateful: true })] as const;
  // One more than there are cores: the stage with a state has little to do.
  const pipeline = openPipeline(stages, { sequential, cpus: availableParallelism() + 1 });
  const startedMs = performance.now();
  try {
    const [ranking] = await pipeline.apply(texts()).toArray();
    console.log(
      `${sequential ? 'in this thread' : 'on workers'}: ${Math.round(performance.now() - startedMs)} ms`,
    );
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
