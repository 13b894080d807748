/**
 * Whether a module is made of the same source here as where its host is: on another machine there may be another version of
 * the program.
 *
 * What can be known of it is what `sources/` promises. That is loaded here only when a host asks, since most are on the same
 * machine.
 */

import type { SourceManifest } from '../../sources/source-manifest.ts';
import type { TaskModule } from '../../task/task-core.ts';

/** Of what differs, so many files and packages are named. Arbitrary: more tell no one more. */
const mostNamed = 5;

/**
 * Compares, before the module is imported.
 *
 * @param sources - what the module is made of, where the host is
 * @throws {Error} If it is made of something else here, naming what differs and the mend.
 */
export async function checkSources({ url, name }: TaskModule, sources: SourceManifest): Promise<void> {
  const [{ SourceDigests }, { changesBetween }] = await Promise.all([
    import('../../sources/source-digests.ts'),
    import('../../sources/changes-between.ts'),
  ]);
  const here = new SourceDigests().of(url);
  if (here.digest === sources.digest) return;
  // A module that is not there at all is told of by importing it.
  if (here.files.length === 0) return;
  const changes = changesBetween(sources, here);
  const more = changes.length > mostNamed ? `, and ${changes.length - mostNamed} more` : '';
  throw new Error(
    `Cannot load task '${name}' in a worker as its module is made of other source there than in the program: ` +
      `received ${changes.slice(0, mostNamed).join(', ')}${more} on the machine '${hostname()}'\n` +
      '  install the same version of the program on both, or start the program again if its files were changed since',
  );
}

function hostname(): string {
  return process.getBuiltinModule('node:os').hostname();
}
