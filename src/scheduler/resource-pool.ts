/**
 * Countable resources: what is free of each, and who waits for it, first come first served.
 */

import { Line } from './ready-queue.ts';

/** What a call needs: amounts by name. Exclusive keys stand among them, with an amount of 1. */
export type Needs = readonly (readonly [name: string, amount: number])[];

/** How much sums of fractional amounts may be off. */
const drift = 1e-9;

interface Resource {
  readonly total: number;
  free: number;
  /** Rows that wait for this resource, in the order in which they came. */
  readonly line: Line;
}

export class ResourcePool {
  readonly #resources = new Map<string, Resource>();
  /** Resources in whose line somebody stands. */
  readonly #awaited = new Set<Resource>();
  readonly #needsOf: (row: number) => Needs;
  /** How many rows that need several resources stand in lines. Such a row stands in one of them only. */
  #manifold = 0;

  constructor(totals: Readonly<Record<string, number>>, needsOf: (row: number) => Needs) {
    this.#needsOf = needsOf;
    for (const [name, total] of Object.entries(totals)) this.#declare(name, total);
  }

  #declare(name: string, total: number): void {
    this.#resources.set(name, { total, free: total, line: new Line() });
  }

  /** How much there is of a resource, taken or not; `undefined` for one that nobody declared. */
  totalOf(name: string): number | undefined {
    return this.#resources.get(name)?.total;
  }

  /** Makes a resource of which there is one, unless it is there. */
  declareExclusive(name: string): void {
    if (!this.#resources.has(name)) this.#declare(name, 1);
  }

  /** Takes all that a row needs; or takes nothing, and puts the row into the line of a resource that it lacks. */
  takeOrWait(row: number): boolean {
    const needs = this.#needsOf(row);
    const lacking = needs.map(([name, amount]) => [this.#get(name), amount] as const).find(isLacking);
    if (lacking === undefined) {
      this.#take(needs);
      return true;
    }
    lacking[0].line.push(row);
    this.#awaited.add(lacking[0]);
    if (needs.length > 1) this.#manifold++;
    return false;
  }

  /**
   * Gives back what a row has taken, and hands it to those who wait.
   *
   * @returns rows that now have all they need
   */
  giveBack(needs: Needs): number[] {
    for (const [name, amount] of needs) {
      const resource = this.#get(name);
      resource.free += amount;
      // Sums of fractions drift: what is nearly all of it is all of it.
      if (Math.abs(resource.total - resource.free) < drift) resource.free = resource.total;
    }
    // A row that needs several stands in the line of one: then the others' lines must be looked at too.
    const touched = this.#manifold > 0 ? [...this.#awaited] : needs.map(([name]) => this.#get(name));
    return touched.flatMap((resource) => this.#serve(resource));
  }

  #serve(resource: Resource): number[] {
    const served: number[] = [];
    for (let row = resource.line.peek(); row !== undefined; row = resource.line.peek()) {
      const needs = this.#needsOf(row);
      if (needs.some(([name, amount]) => this.#get(name).free < amount - drift)) return served;
      this.#take(needs);
      resource.line.shift();
      if (needs.length > 1) this.#manifold--;
      served.push(row);
    }
    this.#awaited.delete(resource);
    return served;
  }

  #take(needs: Needs): void {
    for (const [name, amount] of needs) this.#get(name).free -= amount;
  }

  #get(name: string): Resource {
    return this.#resources.get(name) as Resource; // Checked when the call was added.
  }
}

/** Whether there is too little of a resource, or others wait for it already. */
function isLacking([resource, amount]: readonly [Resource, number]): boolean {
  return resource.free < amount - drift || resource.line.length > 0;
}
