/**
 * A folder of a run alone, on a disk that nodes share: it goes with the run.
 *
 * - **Closed:** its owner alone may enter it.
 * - **Gone:** when it is removed, and when this program ends without having removed it. What a program has left that was killed
 *   is removed by the next one that opens a folder beside it, on the same machine.
 */

import { atExit } from '../../base/at-exit.ts';
import { makeFolders } from '../../base/make-folders.ts';
import { randomSerial } from '../../base/random.ts';

const name = /^heddle-run-(.+)-(\d+)-[0-9a-z]+$/;

export class RunFolder {
  readonly path: string;
  readonly #exit: Disposable;

  /** @throws {Error} If it cannot be made. */
  constructor(parent: string) {
    const { join } = process.getBuiltinModule('node:path');
    const { hostname } = process.getBuiltinModule('node:os');
    const fs = process.getBuiltinModule('node:fs');
    makeFolders(parent);
    removeLeft(parent, hostname());
    this.path = join(parent, `heddle-run-${hostname()}-${process.pid}-${randomSerial().toString(36)}`);
    fs.mkdirSync(this.path, { mode: 0o700 });
    this.#exit = atExit(() => this.remove());
  }

  remove(): void {
    this.#exit[Symbol.dispose]();
    try {
      process.getBuiltinModule('node:fs').rmSync(this.path, { recursive: true, force: true });
    } catch {
      // A job that is still ending may write there; the next run removes it.
    }
  }
}

function removeLeft(parent: string, host: string): void {
  const fs = process.getBuiltinModule('node:fs');
  const { join } = process.getBuiltinModule('node:path');
  for (const entry of fs.readdirSync(parent)) {
    const [, of, pid] = name.exec(entry) ?? [];
    if (of !== host || isThere(Number(pid))) continue;
    try {
      fs.rmSync(join(parent, entry), { recursive: true, force: true });
    } catch {
      // It is another user's, or is being removed by another program.
    }
  }
}

/** Whether a process of this machine runs, of whomever. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
