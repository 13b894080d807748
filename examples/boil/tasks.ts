/**
 * The graph of a build: a call for each source, then linking, then the report.
 *
 * The tasks stay in this process (`task`, not `tasks`). Compiling is done by child processes, which are parallel by
 * themselves; worker threads would only wait for them, and could share neither the state nor what stops the
 * children. So `-j` is the `concurrency` of an inline run, and each call has one child at most.
 */

import { mkdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { conditional, type Delayed, type Failure, failed, gatherAll, maybe, task } from 'heddle';
import { parseDependencies } from './dependencies.ts';
import type { Programs } from './programs.ts';
import type { Report } from './report.ts';
import { objectPath } from './sources.ts';
import { type BuildState, recipeOf } from './state.ts';
import type { BuildTarget } from './target.ts';
import type { Toolchain } from './toolchain.ts';

/** What a build works with. */
export interface Workshop {
  readonly target: BuildTarget;
  readonly toolchain: Toolchain;
  readonly programs: Programs;
  readonly state: BuildState;
}

/** What there is to do about a product. */
interface Plan {
  readonly product: string;
  readonly isStale: boolean;
  readonly recipe: string;
  /** The files it is made from. Empty if that is not known, or does not matter since it is not stale. */
  readonly inputs: readonly string[];
}

/** An object or a program that is there. */
interface Product {
  readonly path: string;
  /** What the compiler had to say nevertheless. */
  readonly remarks: string;
}

/** Compiling or linking failed. The message has all that the compiler said. */
class CompilerError extends Error {
  override readonly name: string = 'CompilerError';
}

/** Builds the graph that makes a target from its sources. Computes nothing. */
export function targetFrom(sources: readonly string[], workshop: Workshop): Delayed<Report> {
  const { planObject, compile, planLink, link, report } = defineTasks(workshop);
  const objects = gatherAll(
    sources.map((source) => {
      const plan = planObject(source);
      return conditional(plan.isStale, compile(source, plan), { path: plan.product, remarks: '' });
    }),
  );
  const plan = planLink(objects);
  const linked = conditional(plan.isStale, link(objects, plan), { path: plan.product, remarks: '' });
  return report(objects, linked, plan.isStale);
}

// The return type follows from the tasks.
function defineTasks({ target, toolchain, programs, state }: Workshop) {
  const { cc, cflags, ldflags, identity } = toolchain;
  const compileCommand = (source: string): string[] => [
    ...cc,
    ...cflags,
    '-c',
    source,
    '-o',
    objectPath(target.objdir, source),
  ];

  const make = async (what: string, command: readonly string[], plan: Plan): Promise<Product> => {
    await mkdir(posix.dirname(plan.product), { recursive: true });
    const { code, signal, stdout, stderr } = await programs.run(command);
    const remarks = (stdout + stderr).trimEnd();
    if (code !== 0) {
      const how = signal === undefined ? `exit code ${code}` : `signal ${signal}`;
      throw new CompilerError(`Cannot ${what} as '${cc.join(' ')}' ended with ${how}\n${remarks}`);
    }
    await state.record(plan.product, plan.recipe, plan.inputs);
    return { path: plan.product, remarks };
  };

  const planObject = task(
    async (source: string): Promise<Plan> => {
      const product = objectPath(target.objdir, source);
      const recipe = recipeOf(identity, compileCommand(source));
      if (await state.isUpToDate(product, recipe)) return { product, isStale: false, recipe, inputs: [] };
      // Digested first, so that a change made from here on is noticed in the next build.
      await state.digests.digestOf(source);
      const { stdout } = await programs.run([...cc, ...cflags, '-MM', '-MT', 'object', source]);
      // What has no rule does not compile either. Then the compiler says why.
      const inputs = parseDependencies(stdout);
      await Promise.all(inputs.map((input) => state.digests.digestOf(input)));
      return { product, isStale: true, recipe, inputs };
    },
    { name: 'planObject' },
  );

  const compile = task(
    maybe((source: string, plan: Plan) => make(`compile '${source}'`, compileCommand(source), plan)),
    { name: 'compile', display: 'Compiling {source} ... ', confirm: true, priority: 1 },
  );

  const planLink = task(
    async (objects: readonly (Product | Failure)[]): Promise<Plan> => {
      const product = target.file;
      const made = madeOf(objects);
      // Where an object is missing there is nothing to link.
      if (made.length < objects.length) return { product, isStale: false, recipe: '', inputs: [] };
      const paths = made.map(({ path }) => path);
      // A library that is named as a file can change; what stands behind -l is not followed.
      const files = await Promise.all(
        ldflags.map(
          async (word) => !word.startsWith('-') && (await state.digests.digestOf(word)) !== undefined,
        ),
      );
      const inputs = [...paths, ...ldflags.filter((_word, index) => files[index])];
      const recipe = recipeOf(identity, [...cc, ...ldflags], paths);
      return { product, isStale: !(await state.isUpToDate(product, recipe, inputs)), recipe, inputs };
    },
    { name: 'planLink' },
  );

  const link = task(
    maybe((objects: readonly (Product | Failure)[], plan: Plan) => {
      const paths = madeOf(objects).map(({ path }) => path);
      return make(`link '${plan.product}'`, [...cc, ...paths, '-o', plan.product, ...ldflags], plan);
    }),
    { name: 'link', display: 'Linking ... ', confirm: true },
  );

  const report = task(
    (objects: readonly (Product | Failure)[], linked: Product | Failure, wasStale: boolean): Report => {
      const outcomes = [...objects, linked];
      const failures = outcomes.filter((outcome) => failed(outcome)).map(({ error }) => textOf(error));
      const remarks = outcomes.flatMap((outcome) =>
        failed(outcome) || outcome.remarks === '' ? [] : [outcome.remarks],
      );
      const status = failures.length > 0 ? 'failed' : wasStale ? 'success' : 'nothing-to-do';
      return { status, failures, remarks };
    },
    { name: 'report' },
  );

  return { planObject, compile, planLink, link, report };
}

function madeOf(objects: readonly (Product | Failure)[]): Product[] {
  return objects.flatMap((object) => (failed(object) ? [] : [object]));
}

/** A compiler's error is told in its own words; any other is a surprise, and told with its stack. */
function textOf(error: unknown): string {
  if (error instanceof CompilerError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
