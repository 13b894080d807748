/**
 * What a transport does with what comes from its worker: one thing after the other, and nothing while what
 * was printed before is still on its way into a stream.
 */

export class InTurn {
  readonly #waiting: (() => void)[] = [];
  #holds = 0;
  #isGoingOn = false;

  get isHeld(): boolean {
    return this.#holds > 0;
  }

  /** Runs it, after all that waits. */
  run(action: () => void): void {
    this.#waiting.push(action);
    this.#goOn();
  }

  /** Holds up what comes next, until released as often as held. */
  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isGoingOn) return;
    this.#isGoingOn = true;
    try {
      while (this.#holds === 0) {
        const next = this.#waiting.shift();
        if (next === undefined) break;
        next();
      }
    } finally {
      this.#isGoingOn = false;
    }
  }
}
