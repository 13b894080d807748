/**
 * A gate that blocks the workers whose calls come to it, until the test opens it: in the place of durations.
 */

const isOpen = 0;
const passers = 1;

export class Gate {
  /** What the calls of `passGate` are applied to. */
  readonly memory: SharedArrayBuffer = new SharedArrayBuffer(8);
  readonly #state: Int32Array = new Int32Array(this.memory);

  /** How many calls have come. */
  get arrived(): number {
    return Atomics.load(this.#state, passers);
  }

  /** Waits until as many calls have come. */
  async whenArrived(count: number): Promise<void> {
    for (let now = this.arrived; now < count; now = this.arrived) {
      await Atomics.waitAsync(this.#state, passers, now).value;
    }
  }

  open(): void {
    Atomics.store(this.#state, isOpen, 1);
    Atomics.notify(this.#state, isOpen);
  }
}
