/**
 * A folder with a project in it, for tests of its sources; gone when disposed of.
 */

import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SourceDigests } from '../../src/sources/source-digests.ts';
import type { SourceManifest } from '../../src/sources/source-manifest.ts';

export class SourceTree implements Disposable {
  readonly base: string = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-sources-')));
  /** The folder of the project. */
  root: string = join(this.base, 'project');

  /** @param files - texts by path; a `package.json` is added, of `my-app`, unless there is one */
  constructor(files: Readonly<Record<string, string>>) {
    this.write({ 'package.json': '{ "name": "my-app", "version": "1.0.0", "type": "module" }', ...files });
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.root, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  link(path: string, to: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    symlinkSync(join(this.root, to), join(this.root, path), 'dir');
  }

  /** Gives the folder another name. */
  move(): void {
    const next = join(this.base, 'elsewhere', 'renamed');
    mkdirSync(dirname(next));
    renameSync(this.root, next);
    this.root = next;
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  url(path: string): string {
    return pathToFileURL(join(this.root, path)).href;
  }

  /** What a module is made of now. */
  manifest(path: string = 'src/tasks.ts'): SourceManifest {
    return new SourceDigests().of(this.url(path));
  }

  /** The files a module is made of now. */
  files(path?: string): readonly string[] {
    return this.manifest(path).files.map(
      (file) => (file.package === undefined ? '' : `${file.package}:`) + file.path,
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.base, { recursive: true, force: true });
  }
}
