/**
 * What earlier builds left: from which files, and how, each object and program was made. Kept in a file among the objects.
 *
 * A product is up to date if it would be made in the same way from the same bytes, and is still what was made then.
 * Times do not matter; they only save reading files.
 *
 * The file is a log: each fact is a line added at its end, so that a build that is ended in the middle keeps what it has,
 * and two builds at once do not undo each other's. A line that cannot be read is left out, which costs
 * compiling again, and nothing else.
 */

import { hash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { BoilError } from './boil-error.ts';
import { FileDigests, type KnownFile } from './file-digests.ts';

/** How a product was made. */
interface Making {
  /** Digest of the command and all that it depends on but files. */
  readonly recipe: string;
  readonly inputs: readonly string[];
  /** Digest of the inputs' digests. */
  readonly from: string;
  /** Digest of the product. */
  readonly digest: string;
}

type Line =
  | { readonly file: string; readonly known: KnownFile }
  | { readonly product: string; readonly making: Making };

const heading = JSON.stringify({ boil: 1 });
const fileName = '.boil-state.jsonl';
/** A log with more lines than this for each fact is written anew (arbitrary). */
const mostLinesPerFact = 4;

/** Remembers how products were made. */
export class BuildState {
  readonly digests: FileDigests;
  readonly #log: string;
  readonly #makings: Map<string, Making>;

  private constructor(log: string, files: Map<string, KnownFile>, makings: Map<string, Making>) {
    this.#log = log;
    this.#makings = makings;
    this.digests = new FileDigests(files, (file, known) => this.#add({ file, known }));
  }

  /**
   * Opens the state that is kept in a folder of objects, which is made if it is not there.
   *
   * @throws {BoilError} If nothing can be written there.
   */
  static async open(objdir: string): Promise<BuildState> {
    try {
      return await BuildState.#read(objdir);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      throw new BoilError(`Cannot keep objects in '${objdir}' as it cannot be written to: received ${code}`);
    }
  }

  static async #read(objdir: string): Promise<BuildState> {
    await mkdir(objdir, { recursive: true });
    const log = posix.join(objdir, fileName);
    const files = new Map<string, KnownFile>();
    const makings = new Map<string, Making>();
    const text = await readFile(log, 'utf8').catch(() => '');
    const [first, ...lines] = text.split('\n').filter((line) => line !== '');
    const isKnown = first === heading;
    if (isKnown) {
      for (const line of lines.map(parseLine)) {
        if (line === undefined) continue;
        if ('file' in line) files.set(line.file, line.known);
        else makings.set(line.product, line.making);
      }
    }
    if (!isKnown || lines.length > mostLinesPerFact * (files.size + makings.size)) {
      const facts: Line[] = [
        ...Array.from(files, ([file, known]) => ({ file, known })),
        ...Array.from(makings, ([product, making]) => ({ product, making })),
      ];
      const whole = `${log}.${process.pid}`;
      await writeFile(whole, [heading, ...facts.map((fact) => JSON.stringify(fact))].join('\n'));
      await rename(whole, log);
    }
    return new BuildState(log, files, makings);
  }

  /** Tells whether a product is there and need not be made again. */
  async isUpToDate(product: string, recipe: string, inputs?: readonly string[]): Promise<boolean> {
    const making = this.#makings.get(product);
    if (making === undefined || making.recipe !== recipe) return false;
    if (inputs !== undefined && inputs.join('\n') !== making.inputs.join('\n')) return false;
    return (
      (await this.digests.digestOf(product)) === making.digest &&
      (await this.#digestOfAll(making.inputs)) === making.from
    );
  }

  /**
   * Records that a product was made.
   *
   * The digests of the inputs are those from when they were first asked for. Ask before the product is made:
   * then a file that changes meanwhile is noticed in the next build.
   */
  async record(product: string, recipe: string, inputs: readonly string[]): Promise<void> {
    this.digests.written(product);
    const digest = await this.digests.digestOf(product);
    const from = await this.#digestOfAll(inputs);
    if (digest === undefined || from === undefined) return;
    const making: Making = { recipe, inputs, from, digest };
    this.#makings.set(product, making);
    this.#add({ product, making });
  }

  /** `undefined` if one is missing. */
  async #digestOfAll(inputs: readonly string[]): Promise<string | undefined> {
    const digests = await Promise.all(inputs.map((input) => this.digests.digestOf(input)));
    return digests.includes(undefined) ? undefined : hash('sha256', digests.join('\n'), 'hex');
  }

  #add(line: Line): void {
    // The break comes first: a line that another build left half-written must not swallow this one.
    appendFileSync(this.#log, `\n${JSON.stringify(line)}`);
  }
}

/** Digests whatever decides how a product is made, but for files. */
export function recipeOf(...parts: readonly (readonly string[] | string)[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex');
}

function parseLine(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Line;
    const isWhole =
      'file' in line
        ? typeof line.known.stamp === 'string' && typeof line.known.digest === 'string'
        : typeof line.product === 'string' && Array.isArray(line.making.inputs);
    return isWhole ? line : undefined;
  } catch {
    return undefined;
  }
}
