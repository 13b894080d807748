/**
 * A model is tracked in a project; its report takes the features from there, by their name: with a source that is there when
 * the report is defined, with one that is given to a call, and as calls that take four threads each.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifact, cadet, literal, openProject, threadAllocation, withThreads } from 'heddle/artifacts';
import { modelReport, reportText, slowReport } from './tasks.ts';

const folder = mkdtempSync(join(tmpdir(), 'model-report-'));
try {
  const path = join(folder, 'project.json');
  const tracked = await openProject(path, { mode: 'w' });
  await tracked.log('my-experiment', (experiment) => {
    experiment.logArtifact('features', ['a', 'b', 'c'], { handler: 'json' });
  });
  await tracked.save();

  const project = await openProject(path, { mode: 'r' });
  const source = project.require('my-experiment');

  console.log('1. The source is there when the report is defined');
  const report = cadet(reportText, { source });
  const thread = report('My model name', 'features');
  thread.start();
  await thread.join();
  console.log(thread.result);

  console.log('2. The source is given to a call, which runs in a worker thread');
  const late = modelReport('My model name', 'features').options({ source });
  console.log(await late.start().join());

  console.log('3. Calls that take four threads each, of twelve');
  await withThreads(12, async () => {
    console.log(String(threadAllocation()));
    const names = ['A', 'B', 'C', 'D', 'E'];
    const threads = names.map((name) =>
      slowReport(name, artifact<readonly string[]>('features')).options({ source }),
    );
    for (const each of threads) each.start();
    const free = threadAllocation().free;
    console.log(
      `${threads.length} are started, ${(12 - free) / 4} have threads, ${threadAllocation().waiting} wait`,
    );
    for (const each of threads) await each.join();
    console.log(threads.map(({ result }) => result).join('\n'));
    assert.equal(threadAllocation().free, 12);
  });

  console.log('A text that is only called like an artifact');
  console.log(await modelReport(literal('features'), 'features').options({ source }).start().join());
} finally {
  rmSync(folder, { recursive: true });
}
