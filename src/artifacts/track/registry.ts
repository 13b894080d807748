/**
 * Projects by name: what experiments depend on is called by a name of the registry instead of a path, so that it is found
 * on other machines, too.
 */

import { once } from '../../base/once.ts';
import type { Project } from './project.ts';

const nodePath = once(() => process.getBuiltinModule('node:path'));

/** Projects by name. Give it to `openProject` as `registry`. */
export class ProjectRegistry {
  readonly #projects = new Map<string, Project>();

  /**
   * Adds a project, in place of one of the same name.
   *
   * @throws {TypeError} If the name has a `|`, by which files end it.
   */
  add(name: string, project: Project): this {
    if (typeof name !== 'string' || name === '' || name.includes('|'))
      throw new TypeError(
        `Cannot register a project as its name must be a text without '|': received '${String(name)}'`,
      );
    this.#projects.set(name, project);
    return this;
  }

  get(name: string): Project | undefined {
    return this.#projects.get(name);
  }

  has(name: string): boolean {
    return this.#projects.has(name);
  }

  /** The name of the first project whose file this is. */
  nameOf(path: string): string | undefined {
    const wanted = nodePath().resolve(path);
    for (const [name, project] of this.#projects) if (project.path === wanted) return name;
    return undefined;
  }
}
