/**
 * Joining the experiments of several projects: one of each slug, that which was changed last.
 *
 * The order is that of lazyscribe, which puts all of them in order and keeps the last of each slug. What it keeps need not be
 * what was changed last, as its order is no total one; here it is. Two that are not one are both kept, one under another
 * slug: those of one second that differ, if only in the bytes of an artifact, of which neither was made of the other, and
 * those that are in no file yet. One that is there already under another slug is not there twice.
 */

import { Experiment } from './experiment.ts';
import { insertInOrder } from './experiment-order.ts';
import type { ExperimentRecord } from './experiment-record.ts';
import { freeName } from './free-name.ts';
import type { ExperimentSurroundings } from './log-options.ts';
import { hasSameArtifacts } from './same-artifacts.ts';

/** What experiments of one slug become. */
interface Group {
  kept: Experiment;
}

/** An experiment where it is in the order, if only to say where that is which is kept. */
interface Placed {
  readonly experiment: Experiment;
  readonly group: Group;
}

/** Experiments that were joined. */
export interface MergedExperiments {
  readonly experiments: readonly Experiment[];
  /** Which record takes the place of which one of the first project. */
  readonly replaced: ReadonlyMap<ExperimentRecord, ExperimentRecord>;
}

/**
 * Joins experiments.
 *
 * @param own - those of the project that the others are joined to: each of them is kept, or replaced by a later one
 * @param surroundings - what those need that get another slug
 */
export function mergeExperiments(
  own: readonly Experiment[],
  others: readonly (readonly Experiment[])[],
  surroundings: ExperimentSurroundings,
): MergedExperiments {
  const placed: Placed[] = own.map((experiment) => ({ experiment, group: { kept: experiment } }));
  const bySlug = new Map<string, Placed[]>();
  const note = (item: Placed): void => {
    const { slug } = item.experiment;
    bySlug.set(slug, [...(bySlug.get(slug) ?? []), item]);
  };
  const add = (item: Placed): void => {
    insertInOrder(placed, item, ({ experiment }) => experiment.record);
    note(item);
  };
  placed.forEach(note);
  for (const experiment of others.flat()) {
    const { record } = experiment;
    const same = bySlug.get(record.slug) ?? [];
    if (same.some(({ experiment: other }) => isOne(record, other.record))) continue;
    if (same.length === 0) add({ experiment, group: { kept: experiment } });
    else if (same.some(({ experiment: other }) => isAnother(record, other.record))) {
      if (placed.some(({ experiment: other }) => isCopy(record, other.record))) continue;
      const slug = freeName(record.slug, '', (name) => bySlug.has(name));
      const copy = new Experiment(record.copyAs(slug), surroundings);
      add({ experiment: copy, group: { kept: copy } });
    } else {
      const { group } = same.reduce((a, b) => (isLater(b.group.kept, a.group.kept) ? b : a));
      if (isLater(experiment, group.kept)) group.kept = experiment;
      add({ experiment, group });
    }
  }
  const replaced = new Map<ExperimentRecord, ExperimentRecord>();
  // Those of the first project were the first of their groups.
  for (const { experiment, group } of placed)
    if (group.kept !== experiment && own.includes(experiment))
      replaced.set(experiment.record, group.kept.record);
  const last = new Map(placed.map(({ group }, at) => [group, at]));
  return {
    experiments: placed.filter(({ group }, at) => last.get(group) === at).map(({ group }) => group.kept),
    replaced,
  };
}

/** Whether two of one slug are the same to the last byte. */
function isOne(one: ExperimentRecord, two: ExperimentRecord): boolean {
  return one === two || (one.text === two.text && hasSameArtifacts(one, two));
}

/** Whether two differ in their slugs alone: one was made of the other when its slug was taken. */
function isCopy(one: ExperimentRecord, two: ExperimentRecord): boolean {
  return (
    one.createdMs === two.createdMs &&
    one.name === two.name &&
    one.copiedText === two.copiedText &&
    hasSameArtifacts(one, two)
  );
}

/** Whether two of one slug are not the same experiment. */
function isAnother(one: ExperimentRecord, two: ExperimentRecord): boolean {
  return one.isNew || two.isNew || one.lastUpdatedMs === two.lastUpdatedMs;
}

function isLater(one: Experiment, two: Experiment): boolean {
  return one.record.lastUpdatedMs > two.record.lastUpdatedMs;
}
