/**
 * What is measured against each other: pools of two workers behind one face.
 */

/** The tasks, the same for all: those of `bodies.ts`, by name. */
export type BodyName = 'add' | 'increment' | 'sizeOf' | 'pause';

/** A pool that runs. */
export interface OpenPool {
  /** Runs a task; the buffers move to the worker, where the pool can move any. */
  submit(body: BodyName, input: unknown, moved?: readonly ArrayBuffer[]): Promise<unknown>;
  /** Runs a task over many inputs, lazily; `undefined` where there is no such thing. */
  readonly map:
    | ((body: BodyName, inputs: Iterable<unknown>, ordered: boolean) => AsyncIterable<unknown>)
    | undefined;
  close(): Promise<unknown>;
}

/** A way to run tasks in workers. */
export interface Contender {
  /** Unique. */
  readonly name: string;
  /** Whose it is: ours, somebody else's, or written here to know what is possible. */
  readonly side: 'heddle' | 'peer' | 'bare' | 'floor';
  readonly kind: 'threads' | 'processes';
  /** Whether it is there for its map alone. */
  readonly mapsOnly?: boolean;
  /** Whether it can move buffers in place of copying them. */
  readonly moves: boolean;
  /** Loads its code, where that is not loaded with this list: what starting takes is measured without it. */
  readonly load?: () => Promise<unknown>;
  /** Opens it; all its workers may be started at once or as they are needed. */
  open(workers: number): Promise<OpenPool>;
}
