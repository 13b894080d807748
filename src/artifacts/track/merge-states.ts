/**
 * Joins what two writers did to one experiment since both had read it.
 *
 * What only one of them changed is as that one has it; what both added is there from both. What both changed in different
 * ways is a conflict, which somebody has to decide: neither is thrown away in silence.
 */

import { type PythonJson, printPythonJson } from '../formats/python-json.ts';
import type { ArtifactEntry } from './artifact-entry.ts';
import { type ExperimentState, type TestState, testTree } from './experiment-record.ts';

/** Who is right where two writers changed the same in different ways: nobody, this one, or the other. */
export type ConflictChoice = 'fail' | 'ours' | 'theirs';

/** Joins the changes, and gathers the ways to conflicts. */
export class StateMerge {
  readonly conflicts: string[] = [];
  readonly #choice: ConflictChoice;
  readonly #isUnsaved: (entry: ArtifactEntry) => boolean;

  /** @param isUnsaved - whether the bytes of an artifact are in no file of the project yet */
  constructor(choice: ConflictChoice, isUnsaved: (entry: ArtifactEntry) => boolean) {
    this.#choice = choice;
    this.#isUnsaved = isUnsaved;
  }

  /** @param place - which experiment, for conflicts */
  states(
    place: string,
    base: ExperimentState,
    ours: ExperimentState,
    theirs: ExperimentState,
  ): ExperimentState {
    return {
      metrics: this.#values(`${place}.metrics`, base.metrics, ours.metrics, theirs.metrics),
      parameters: this.#values(`${place}.parameters`, base.parameters, ours.parameters, theirs.parameters),
      tags: mergeList(base.tags, ours.tags, theirs.tags),
      tests: this.#tests(`${place}.tests`, base.tests, ours.tests, theirs.tests),
      artifacts: this.#entries(`${place}.artifacts`, base.artifacts, ours.artifacts, theirs.artifacts),
      dependencies: mergeList(base.dependencies, ours.dependencies, theirs.dependencies),
      extra: Object.fromEntries(
        this.#values(place, mapOf(base.extra), mapOf(ours.extra), mapOf(theirs.extra)),
      ),
    };
  }

  #tests(
    place: string,
    base: readonly TestState[],
    ours: readonly TestState[],
    theirs: readonly TestState[],
  ): readonly TestState[] {
    const [from, own, other] = [keyed(base), keyed(ours), keyed(theirs)];
    const plain = (test: TestState): string => printPythonJson(testTree(test), { sortKeys: true });
    const isUnsaved = (test: TestState): boolean => test.artifacts.some(this.#isUnsaved);
    // Two of one second have one text, and artifacts of their own.
    const doubtful = new Set(
      [...other].flatMap(([key, test]) => {
        const mine = own.get(key);
        return mine !== undefined && isUnsaved(mine) && plain(mine) === plain(test) ? [test] : [];
      }),
    );
    const text = (test: TestState): string =>
      plain(test) + (isUnsaved(test) ? ' not saved' : doubtful.has(test) ? ' perhaps of another' : '');
    // A test that both added may be two tests that have one name.
    const added = [...own].filter(([key, test]) => {
      const same = other.get(key);
      return !from.has(key) && same !== undefined && text(same) !== text(test);
    });
    for (const [key] of added) own.delete(key);
    const merged = this.#keyed(place, from, own, other, text, (key, was, mine, their) => ({
      name: their.name,
      description: this.#one(
        `${place}['${key}'].description`,
        was.description,
        mine.description,
        their.description,
      ),
      metrics: this.#values(`${place}['${key}'].metrics`, was.metrics, mine.metrics, their.metrics),
      parameters: this.#values(
        `${place}['${key}'].parameters`,
        was.parameters,
        mine.parameters,
        their.parameters,
      ),
      artifacts: this.#entries(
        `${place}['${key}'].artifacts`,
        was.artifacts,
        mine.artifacts,
        their.artifacts,
      ),
      extra: Object.fromEntries(
        this.#values(`${place}['${key}']`, mapOf(was.extra), mapOf(mine.extra), mapOf(their.extra)),
      ),
    }));
    return [...merged.values(), ...added.map(([, test]) => test)];
  }

  #entries(
    place: string,
    base: readonly ArtifactEntry[],
    ours: readonly ArtifactEntry[],
    theirs: readonly ArtifactEntry[],
  ): ArtifactEntry[] {
    const [own, other] = [keyed(ours), keyed(theirs)];
    // What two logged in one second has one name and one time, and is not the same. If it took the place of what was there
    // in that second, it cannot be told whether the other did so, too.
    const doubtful = new Set(
      [...other].filter(([key, entry]) => this.#isTwin(own.get(key), entry)).map(([, entry]) => entry),
    );
    const textOf = (entry: ArtifactEntry): string => {
      const note = this.#isUnsaved(entry) ? ' not saved' : doubtful.has(entry) ? ' perhaps of another' : '';
      return printPythonJson(entry.json, { sortKeys: true }) + note;
    };
    const merged = this.#keyed(place, keyed(base), own, other, textOf);
    return [...merged.values()];
  }

  /** Whether one that is not saved has the record of one that is. */
  #isTwin(ours: ArtifactEntry | undefined, theirs: ArtifactEntry): boolean {
    const text = ({ json }: ArtifactEntry): string => printPythonJson(json, { sortKeys: true });
    return ours !== undefined && this.#isUnsaved(ours) && text(ours) === text(theirs);
  }

  #values(
    place: string,
    base: ReadonlyMap<string, PythonJson>,
    ours: ReadonlyMap<string, PythonJson>,
    theirs: ReadonlyMap<string, PythonJson>,
  ): Map<string, PythonJson> {
    return this.#keyed(place, base, ours, theirs, (value) => printPythonJson(value, { sortKeys: true }));
  }

  #one(place: string, base: PythonJson, ours: PythonJson, theirs: PythonJson): PythonJson {
    const of = (value: PythonJson): Map<string, PythonJson> => new Map([['it', value]]);
    return this.#values(place, of(base), of(ours), of(theirs)).get('it') ?? null;
  }

  /**
   * @param textOf - equal for what is the same
   * @param joined - joins what both changed; without it that is a conflict
   */
  #keyed<T>(
    place: string,
    base: ReadonlyMap<string, T>,
    ours: ReadonlyMap<string, T>,
    theirs: ReadonlyMap<string, T>,
    textOf: (value: T) => string,
    joined?: (key: string, base: T, ours: T, theirs: T) => T,
  ): Map<string, T> {
    const text = (value: T | undefined): string | undefined =>
      value === undefined ? undefined : textOf(value);
    const merged = new Map<string, T>();
    for (const key of new Set([...theirs.keys(), ...ours.keys()])) {
      const [was, mine, their] = [base.get(key), ours.get(key), theirs.get(key)];
      const [wasText, mineText, theirText] = [text(was), text(mine), text(their)];
      let value: T | undefined;
      if (mineText === theirText || theirText === wasText) value = mine;
      else if (mineText === wasText) value = their;
      else if (joined !== undefined && was !== undefined && mine !== undefined && their !== undefined)
        value = joined(key, was, mine, their);
      else {
        if (this.#choice === 'fail') this.conflicts.push(`${place}['${key}']`);
        value = this.#choice === 'theirs' ? their : mine;
      }
      if (value !== undefined) merged.set(key, value);
    }
    return merged;
  }
}

/** Joins two lists that texts were added to, or taken from. */
function mergeList(
  base: readonly PythonJson[],
  ours: readonly PythonJson[],
  theirs: readonly PythonJson[],
): readonly PythonJson[] {
  const texts = (list: readonly PythonJson[]): string[] => list.map((item) => printPythonJson(item));
  const [was, mine, their] = [texts(base), texts(ours), texts(theirs)];
  if (mine.join() === their.join() || their.join() === was.join()) return ours;
  const gone = without(was, mine);
  const added = without(mine, was);
  const kept = theirs.filter((_, at) => !takeOne(gone, their[at] as string));
  const rest = without(added, without(their, was));
  return [...kept, ...ours.filter((_, at) => takeOne(rest, mine[at] as string))];
}

/** What is in the first list and not in the second one, each as often as it is more often there. */
function without(texts: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return texts.filter((text) => !takeOne(left, text));
}

function takeOne(texts: string[], text: string): boolean {
  const at = texts.indexOf(text);
  if (at !== -1) texts.splice(at, 1);
  return at !== -1;
}

/** By name; of several with one name the second is `name#2`. */
function keyed<T extends { readonly name: string }>(list: readonly T[]): Map<string, T> {
  const map = new Map<string, T>();
  for (const item of list) {
    let key = item.name;
    for (let next = 2; map.has(key); next++) key = `${item.name}#${next}`;
    map.set(key, item);
  }
  return map;
}

function mapOf(members: { readonly [name: string]: PythonJson }): Map<string, PythonJson> {
  return new Map(Object.entries(members));
}
