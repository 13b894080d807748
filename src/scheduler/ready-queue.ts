/**
 * The ready calls, in the order in which they go: by priority, then by age.
 *
 * Each priority has two first-in-first-out lines; see "Order" in the README. Taking and adding cost
 * O(number of distinct priorities waiting), which is one as a rule.
 */

/** A first-in-first-out line of small integers. Its space is bounded by the most that stood in it. */
export class Line {
  #items: number[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: number): void {
    this.#items.push(item);
  }

  peek(): number | undefined {
    return this.#items[this.#head];
  }

  shift(): number | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head++];
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

interface Level {
  readonly priority: number;
  /** Became ready because inputs settled. */
  readonly woken: Line;
  /** Had nothing to wait for. */
  readonly fresh: Line;
}

export class ReadyQueue {
  /** From the highest priority to the lowest. Never empty levels, but for priority 0, which is always there. */
  readonly #levels: Level[] = [makeLevel(0)];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(row: number, priority: number, isWoken: boolean): void {
    const level = this.#levelOf(priority);
    (isWoken ? level.woken : level.fresh).push(row);
    this.#length++;
  }

  /** Takes the next row; `undefined` if none is ready. */
  shift(): number | undefined {
    for (let i = 0; i < this.#levels.length; i++) {
      const level = this.#levels[i] as Level;
      const row = level.woken.shift() ?? level.fresh.shift();
      if (row === undefined) continue;
      this.#length--;
      if (level.priority !== 0 && level.woken.length + level.fresh.length === 0) this.#levels.splice(i, 1);
      return row;
    }
    return undefined;
  }

  #levelOf(priority: number): Level {
    const at = this.#levels.findIndex((level) => level.priority <= priority);
    const found = at < 0 ? undefined : this.#levels[at];
    if (found?.priority === priority) return found;
    const made = makeLevel(priority);
    this.#levels.splice(at < 0 ? this.#levels.length : at, 0, made);
    return made;
  }
}

function makeLevel(priority: number): Level {
  return { priority, woken: new Line(), fresh: new Line() };
}
