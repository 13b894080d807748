/**
 * Finding the experiments on which those of a project depend.
 *
 * A dependency names a project by a name of the registry, or by a path that was relative to where its writer ran: which is no
 * part of the file. So the file is looked for from where this process runs, from the folder of the project, and from the
 * folders above it; the first that has the experiment counts. What is not found is not among the dependencies of the
 * experiment, and stays in the file as it is. A project that fails to open is as one that is not there.
 */

import { once } from '../../base/once.ts';
import type { Experiment } from './experiment.ts';
import type { Project } from './project.ts';
import type { ProjectRegistry } from './registry.ts';

const nodePath = once(() => process.getBuiltinModule('node:path'));
const fs = once(() => process.getBuiltinModule('node:fs'));

/** How upstream projects are found. */
export interface UpstreamSearch {
  readonly registry: ProjectRegistry | undefined;
  /** Opens a project without looking for what it depends on itself. */
  readonly open: (path: string) => Promise<Project>;
}

/** Gives the experiments of a project those on which they depend, and gives those theirs. Two projects may need each other. */
export async function linkUpstream(project: Project, search: UpstreamSearch): Promise<void> {
  const opened = new Map<string, Promise<Project | undefined>>();
  const toLink = [project];
  const open = (path: string): Promise<Project | undefined> => {
    const already = opened.get(path) ?? search.open(path).catch(() => undefined);
    opened.set(path, already);
    return already;
  };
  for (let linked = toLink.shift(); linked !== undefined; linked = toLink.shift()) {
    const before = opened.size;
    for (const experiment of linked) await linkExperiment(experiment, dirnameOf(linked), search, open);
    for (const upstream of await Promise.all([...opened.values()].slice(before)))
      if (upstream !== undefined) toLink.push(upstream);
  }
}

async function linkExperiment(
  experiment: Experiment,
  root: string,
  { registry }: UpstreamSearch,
  open: (path: string) => Promise<Project | undefined>,
): Promise<void> {
  // Most depend on nothing, and need not be read for that.
  if (!experiment.record.text.includes('|')) return;
  for (const name of experiment.dependencyNames) {
    const cut = String(name).lastIndexOf('|');
    if (cut === -1) continue;
    const found = await find(name.slice(0, cut), name.slice(cut + 1), root, registry, open);
    if (found !== undefined) experiment.upstream.set(found.shortSlug, found);
  }
}

function dirnameOf({ path }: Project): string {
  return nodePath().dirname(path);
}

async function find(
  projectName: string,
  slug: string,
  root: string,
  registry: ProjectRegistry | undefined,
  open: (path: string) => Promise<Project | undefined>,
): Promise<Experiment | undefined> {
  const named = registry?.get(projectName);
  if (named !== undefined) return named.get(slug);
  const { dirname, resolve } = nodePath();
  const folders = [process.cwd(), root];
  for (let folder = root; folder !== dirname(folder); folder = dirname(folder)) folders.push(dirname(folder));
  for (const path of new Set(folders.map((folder) => resolve(folder, projectName)))) {
    if (!fs().existsSync(path)) continue;
    const registered = registry?.nameOf(path);
    const project = registered === undefined ? await open(path) : registry?.get(registered);
    const found = project?.get(slug);
    if (found !== undefined) return found;
  }
  return undefined;
}
