/**
 * heddle runs ordinary typed functions in parallel on Node.js, as graphs of calls.
 *
 * This module is the public face. Everything below `src/` that is not exported here, or from another
 * entry of the package, is internal.
 */

import { openInline } from './executor/inline.ts';
import { type Run, runWith } from './run/run.ts';

export { openInline } from './executor/inline.ts';

export const run: Run = runWith({ inline: (concurrency) => openInline(concurrency === undefined ? {} : { concurrency }), threads: () => openInline() });
