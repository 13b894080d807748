/** Types of `hold-lock.mjs`, which is JavaScript because `prepare.mjs` runs before TypeScript can. */

/** Waits for the lock at `directory`, takes it, and returns what releases it. `onWait` is told once of the process that has it. */
export function holdLock(directory: string, onWait?: (ownerPid: number | undefined) => void): () => void;
