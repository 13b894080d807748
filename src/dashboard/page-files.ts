/**
 * The files of the page that browsers show, which are built and shipped beside the library.
 */

import type { Stats } from 'node:fs';
import { HeddleError } from '../base/errors.ts';

/** The page's files are not where the library is. */
export class PageMissingError extends HeddleError {
  override readonly name: string = 'PageMissingError';
  constructor(folder: string, options?: ErrorOptions) {
    super(
      'HEDDLE_PAGE_MISSING',
      `Cannot show a dashboard as its page is not there: received '${folder}'\n  A bundle leaves it behind: keep 'heddle' external, or copy 'dist/dashboard-ui' beside it`,
      options,
    );
  }
}

/** The page. */
export interface PageFiles {
  readonly script: string;
  readonly style: string;
}

/**
 * Reads the files of the page.
 *
 * @param from - the address of the module that needs them
 * @throws {PageMissingError} If they are not there.
 */
export function readPage(from: string = import.meta.url): PageFiles {
  const fs = process.getBuiltinModule('node:fs');
  const all = folders(from);
  const folder = all.find((one) => isFolder(fs.statSync(one, { throwIfNoEntry: false })));
  if (folder === undefined) throw new PageMissingError(all[0]?.pathname ?? '');
  const read = (name: string): string => fs.readFileSync(new URL(name, folder), 'utf8');
  return { script: read('app.js'), style: read('app.css') };
}

/** From `src/dashboard/`, from an entry in `dist/`, from a chunk. */
function folders(from: string): readonly URL[] {
  return ['./dashboard-ui/', '../dashboard-ui/', '../../dist/dashboard-ui/'].map((way) => new URL(way, from));
}

function isFolder(found: Stats | undefined): boolean {
  return found?.isDirectory() === true;
}
