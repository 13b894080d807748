/**
 * The matrix: each workflow gives on each executor what it gives in this thread.
 *
 * A cell compares the value or the error, with all classes; what was printed; and what calls told while they ran. Not
 * compared: the order of what happens at the same time.
 *
 * - **A new executor**, or another way to run, is a line in `settings.ts`; one that needs a cluster, in `test/cluster/`.
 * - **A new workflow** goes into a list of `workflows.ts`; its tasks go to `tasks.ts`, where workers find them.
 * - **A cell that differs** for a reason that the guide gives has it in `elsewhere`. All else that differs is a bug.
 */

import { describe, expect, test } from 'vitest';
import { withExpected } from './comparison.ts';
import { settings } from './settings.ts';
import { inline, limit, named, testMatrix } from './test-matrix.ts';
import { type Expected, workflows } from './workflows.ts';

describe('in this thread', limit, () => {
  test.each(named(workflows.filter(({ here }) => here !== undefined)))('%s', async (_, workflow) => {
    const { received, wanted } = withExpected(await inline(workflow), workflow.here as Expected);
    expect(received).toEqual(wanted);
  });

  test('workflows have names of their own', () => {
    const names = workflows.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

testMatrix(settings);
