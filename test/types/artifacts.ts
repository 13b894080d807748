/**
 * Types of cadets and of artifacts among arguments: what may be passed, and what comes out.
 */

import {
  type ArtifactSource,
  artifact,
  type Cadet,
  type CadetThread,
  cadet,
  literal,
  withThreads,
} from '../../src/artifacts.ts';
import { type Delayed, run, type Task, tasks } from '../../src/index.ts';
import { holds, type Same } from './expect-type.ts';

interface Options {
  readonly lr: number;
  readonly label?: string;
}

const { report, train, later, add, rest } = tasks(import.meta, {
  report: cadet((name: string, features: string[]) => `${name} ${features.join()}`, { threads: 4 }),
  train: cadet((data: readonly number[], { lr }: Options) => ({ weights: data.map((x) => x * lr) })),
  later: cadet(async (flag: boolean) => (flag ? 1 : 'one')),
  add: (a: number, b: number) => a + b,
  rest: cadet((first: number, ...others: number[]) => first + others.length),
});

// A member of a block is what it was made as.
const thread = report('My model', 'features');
holds<Same<typeof thread, CadetThread<string>>>();
holds<Same<typeof thread.result, string>>();
const trained = train('data', { lr: 0.1 })
  .options({ source: new Map([['data', [1, 2]]]), threads: 2 })
  .start();
holds<Same<typeof trained, CadetThread<{ weights: number[] }>>>();
const awaited = later(true);
holds<Same<Awaited<typeof awaited>, 1 | 'one'>>();
const sum = add(1, 2);
holds<Same<typeof sum, Delayed<number>>>();
const graph = run(report.task('a', ['b']));
holds<Same<typeof graph, Promise<string>>>();
holds<
  Same<
    typeof report.task,
    Task<[name: string, features: string[]], string, (name: string, features: string[]) => string>
  >
>();
const declared: Cadet<[name: string, features: string[]], string> = report;
void declared;
rest(1, 2, 'three');

// Any text may name an artifact, and markers fit where they are typed so.
train([1, 2], 'options');
train(artifact('data'), { lr: artifact('rate') });
train([artifact('first'), 2], { lr: artifact<number>('rate'), label: literal('text') });
report(literal('features'), artifact<string[]>('features'));
add(artifact('a'), artifact<number>('b'));
const member = artifact<{ lr: number }>('options').lr;
holds<Same<typeof member, Delayed<number>>>();
const wide: CadetThread<unknown> = thread;
void wide;

// What must not compile.
// @ts-expect-error a number is no name
report(1, 'features');
// @ts-expect-error an argument is missing
report('x');
// @ts-expect-error there is one too many
report('x', 'features', 1);
// @ts-expect-error an artifact of another type
report('x', artifact<number>('features'));
// @ts-expect-error a list of other things
report('x', [1]);
// @ts-expect-error there is no such option
report('x', 'features').options({ cores: 4 });
// @ts-expect-error no source
report('x', 'features').options({ source: 4 });
// @ts-expect-error a plain task is given no names
add('a', 1);
// @ts-expect-error a literal is a text
add(literal('a'), 1);

const inside = withThreads(4, async () => await report('x', ['a']));
holds<Same<typeof inside, Promise<string>>>();
const source: ArtifactSource = { has: (name) => name === 'x', load: async () => await Promise.resolve(1) };
void source;
