/**
 * The bodies as tasks of poolifier, in its thread workers.
 */

import { bodies } from '../pool/bodies.ts';
import { loadPeer } from './load-peer.ts';

const { ThreadWorker } = await loadPeer<{ ThreadWorker: new (tasks: object) => unknown }>('poolifier');
void new ThreadWorker(bodies);
