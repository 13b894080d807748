/**
 * Those who wait, first come first served; each can leave the line at any time, at the same small cost.
 *
 * A list of doubly linked members, so that a thousand waits that were aborted leave nothing behind, and the first of a
 * hundred thousand is found at once.
 */

/** Someone who can stand in one line at a time. */
export abstract class Waiting {
  /** @internal The neighbours, and whether it stands in a line: the line's own. */
  before: Waiting | undefined = undefined;
  after: Waiting | undefined = undefined;
  isInLine = false;
}

export class WaitingLine<Member extends Waiting> {
  #first: Waiting | undefined = undefined;
  #last: Waiting | undefined = undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  add(member: Member): void {
    member.before = this.#last;
    if (this.#last === undefined) this.#first = member;
    else this.#last.after = member;
    this.#last = member;
    member.isInLine = true;
  }

  takeFirst(): Member | undefined {
    const first = this.#first as Member | undefined; // Only members are added.
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Those in the line, in order. The one that was given last may be removed meanwhile. */
  *members(): Generator<Member, undefined> {
    for (let at = this.#first; at !== undefined; ) {
      const next = at.after;
      yield at as Member; // Only members are added.
      at = next;
    }
  }

  /** Takes a member out of the line, if it stands in it. */
  remove(member: Member): void {
    if (!member.isInLine) return;
    const { before, after } = member;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    member.before = undefined;
    member.after = undefined;
    member.isInLine = false;
  }
}
