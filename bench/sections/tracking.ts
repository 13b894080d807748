/**
 * What it costs to track experiments: 1,000 of them with an artifact each, logged, saved and loaded.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProject, openRepository, type Project } from 'heddle/artifacts';
import type { Figure, Settings } from '../figure.ts';
import { inTurns, timeMs } from '../in-turns.ts';

const experiments = 1_000;
/** Measured beside it in Python 3.11: lazyscribe 2.2.1 looks for its plug-ins again at each artifact. */
const lazyscribe = 'lazyscribe 1,672 ms';

/** Measures the section `tracking`. */
export async function measureTracking({ quick }: Settings): Promise<readonly Figure[]> {
  const root = mkdtempSync(join(tmpdir(), 'heddle-bench-artifacts-'));
  let turn = 0;
  try {
    let project = await logged(root, turn++);
    const saved = await logged(root, turn++);
    await saved.save();
    const repository = await openRepository(join(root, 'repository.json'));
    for (let version = 0; version < experiments; version++)
      await repository.logArtifact('features', ['a', 'b', version], { handler: 'json' });
    await repository.save();
    const costs = await inTurns(
      {
        log: () =>
          timeMs(async () => {
            project = await logged(root, turn++);
          }),
        save: () => timeMs(() => project.save()),
        load: () => timeMs(() => openProject(saved.path, { mode: 'r' })),
        read: async () => {
          const opened = await openProject(saved.path, { mode: 'r' });
          return timeMs(() => [...opened].reduce((sum, { metrics }) => sum + Number(metrics['auc']), 0));
        },
        append: async () => {
          const opened = await openProject(saved.path, { mode: 'a' });
          return timeMs(async () => {
            await opened.log('Later', (exp) => exp.logMetric('auc', 1));
            await opened.save();
          });
        },
        bare: () =>
          timeMs(() => {
            const folder = mkdtempSync(join(root, 'bare-'));
            for (let i = 0; i < experiments; i++) writeFileSync(join(folder, `${i}.json`), '["a"]');
          }),
        repository: () => timeMs(() => openRepository(repository.path, { mode: 'r' })),
      },
      quick ? 3 : 11,
    );
    return [
      { name: 'log', unit: 'ms', value: costs.log, atMost: 50 },
      { name: 'save, with the artifacts', unit: 'ms', value: costs.save, atMost: 120 },
      { name: 'as many bare files, one by one, in one folder', unit: 'ms', value: costs.bare },
      { name: 'load', unit: 'ms', value: costs.load, atMost: 30, beside: lazyscribe },
      { name: 'read a metric of each, once loaded', unit: 'ms', value: costs.read },
      { name: 'add one experiment to them, and save', unit: 'ms', value: costs.append },
      { name: 'load a repository of 1,000 versions', unit: 'ms', value: costs.repository },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** A project with all experiments in memory. */
async function logged(root: string, turn: number): Promise<Project> {
  const project = await openProject(join(root, `${turn}`, 'project.json'), { mode: 'w' });
  for (let i = 0; i < experiments; i++) {
    await project.log(`Experiment ${i}`, (exp) => {
      exp.logMetric('auc', i / experiments);
      exp.logParameter('lr', 0.1);
      exp.tag('grid');
      exp.logArtifact('features', ['a', 'b', i], { handler: 'json' });
    });
  }
  return project;
}
