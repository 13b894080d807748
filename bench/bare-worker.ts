/**
 * A worker thread without heddle: adds one to each number that it is sent. The floor that heddle's threads stand on.
 */

import { parentPort } from 'node:worker_threads';

parentPort?.on('message', (x: number) => parentPort?.postMessage(x + 1));
