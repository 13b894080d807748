/**
 * Watches how much memory is held by arrays that are still of use.
 *
 * What nobody refers to any more stays until the garbage collector comes by, so it is made to come by at each look.
 */

import { memoryUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Remembers the most bytes that the buffers of typed arrays took. */
export class MemoryWatch {
  #peakBytes = 0;

  /** Looks now. */
  look(): void {
    // Buffers are given back behind the collector's back; a second collection waits for that of the first.
    collectGarbage();
    collectGarbage();
    this.#peakBytes = Math.max(this.#peakBytes, memoryUsage().arrayBuffers);
  }

  /** Gives the peak and starts anew. */
  takePeakBytes(): number {
    const peak = this.#peakBytes;
    this.#peakBytes = 0;
    return peak;
  }
}
