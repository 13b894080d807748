/**
 * Finds the packages under a folder, and their files.
 *
 * A package is what stands in a `node_modules` folder (or in a scope there) and has a `package.json`; outside of
 * `node_modules`, any folder whose `package.json` has a name. Files of no package belong to the top folder they are in.
 *
 * Symbolic links are not followed, so there are no loops. Of several hard links to a file, the first counts. What is
 * neither file nor folder is left out. So are caches of tools, such as `node_modules/.cache`.
 */
import { type BigIntStats, type Dirent, lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Found, FoundFile, FoundPackage, Unreadable } from './found.ts';
import { readManifest } from './manifest.ts';
import { isFresh, stampOf } from './stamp.ts';
import { whyOf } from './why.ts';

/** A package while its files are being collected. */
interface Owner extends FoundPackage {
  readonly files: FoundFile[];
}

/** A folder to look into. */
interface Folder {
  readonly path: string;
  readonly owner: Owner | undefined;
  /** Whether it is inside a package of `node_modules`: then only another `node_modules` has more packages. */
  readonly isInstalled: boolean;
}

/**
 * Finds what is to be audited. Reads the folders one after the other: some tens of thousands of files a second.
 *
 * @param root - the audited folder, absolute
 */
export function findPackages(root: string): Found {
  return new Search(root).found();
}

class Search {
  readonly #root: string;
  /** By path. */
  readonly #owners = new Map<string, Owner>();
  readonly #unreadable: Unreadable[] = [];
  /** Files that have several names, by device and inode. */
  readonly #linked = new Set<string>();
  readonly #nowMs = Date.now();
  #symbolicLinks = 0;
  #hardLinks = 0;

  constructor(root: string) {
    this.#root = root;
  }

  found(): Found {
    // A list instead of a recursion: folders may be nested very deeply.
    const folders: Folder[] = [{ path: '', owner: undefined, isInstalled: false }];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      folders.push(...this.#look(folder).reverse());
    }
    const packages = [...this.#owners.values()]
      .filter(({ files }) => files.length > 0)
      .sort((a, b) => (a.path < b.path ? -1 : 1));
    return {
      packages,
      unreadable: this.#unreadable,
      symbolicLinks: this.#symbolicLinks,
      hardLinks: this.#hardLinks,
    };
  }

  /** Takes in the files of a folder, and gives the folders in it. */
  #look(folder: Folder): Folder[] {
    const { path } = folder;
    const entries = this.#entriesOf(path);
    if (entries === undefined) return [];
    const own = this.#packageAt(folder, entries);
    const owner = own ?? folder.owner;
    const isInstalled = own === undefined ? folder.isInstalled : standsInModules(join(this.#root, path));
    const inside: Folder[] = [];
    for (const entry of entries) {
      const entryPath = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isSymbolicLink()) this.#symbolicLinks++;
      else if (entry.isFile()) this.#addFile(entryPath, owner);
      else if (entry.isDirectory() && !isLeftOut(join(this.#root, entryPath)))
        inside.push({ path: entryPath, owner, isInstalled });
    }
    return inside;
  }

  #entriesOf(path: string): readonly Dirent[] | undefined {
    try {
      const entries = readdirSync(join(this.#root, path), { withFileTypes: true });
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      this.#unreadable.push({ path: `${path}/`, why: whyOf(error) });
      return undefined;
    }
  }

  /** Gives the package that a folder is, if it is one. */
  #packageAt({ path, isInstalled }: Folder, entries: readonly Dirent[]): Owner | undefined {
    const absolute = join(this.#root, path);
    const isInModules = standsInModules(absolute);
    if (isInstalled && !isInModules) return undefined;
    if (!entries.some((entry) => entry.name === 'package.json' && entry.isFile())) return undefined;
    const manifest = readManifest(join(absolute, 'package.json'));
    if (manifest?.name === undefined && !isInModules) return undefined;
    const { name = basename(path), version, licence } = manifest ?? {};
    return this.#own({ name, version, licence, isPackage: true, path, files: [] });
  }

  #addFile(path: string, owner: Owner | undefined): void {
    let facts: BigIntStats;
    try {
      facts = lstatSync(join(this.#root, path), { bigint: true });
    } catch (error) {
      this.#unreadable.push({ path, why: whyOf(error) });
      return;
    }
    if (facts.nlink > 1n && !this.#isFirstLink(facts)) return;
    const file = {
      path,
      bytes: Number(facts.size),
      stamp: stampOf(facts),
      isFresh: isFresh(facts, this.#nowMs),
    };
    (owner ?? this.#topFolderOf(path)).files.push(file);
  }

  #isFirstLink({ dev, ino }: BigIntStats): boolean {
    const before = this.#linked.size;
    this.#linked.add(`${dev}:${ino}`);
    if (this.#linked.size > before) return true;
    this.#hardLinks++;
    return false;
  }

  /** The owner of a file that belongs to no package. */
  #topFolderOf(path: string): Owner {
    const top = path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
    // The path ends in a slash, so that it is never that of a package.
    const known = this.#owners.get(`${top}/`);
    if (known !== undefined) return known;
    const name = top === '' ? './' : `${top}/`;
    return this.#own({
      name,
      version: undefined,
      licence: undefined,
      isPackage: false,
      path: `${top}/`,
      files: [],
    });
  }

  #own(owner: Owner): Owner {
    this.#owners.set(owner.path, owner);
    return owner;
  }
}

/** Whether a folder is a direct member of `node_modules`, or of a scope there. */
function standsInModules(absolute: string): boolean {
  const above = dirname(absolute);
  if (basename(above) === 'node_modules') return !basename(absolute).startsWith('@');
  return basename(above).startsWith('@') && basename(dirname(above)) === 'node_modules';
}

/** What tools keep for themselves, and change whenever they run. Of `node_modules/.pnpm` come real packages. */
function isLeftOut(absolute: string): boolean {
  const name = basename(absolute);
  if (name === '.heddle') return true;
  return basename(dirname(absolute)) === 'node_modules' && name.startsWith('.') && name !== '.pnpm';
}
