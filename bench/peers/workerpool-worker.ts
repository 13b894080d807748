/**
 * The bodies as tasks of workerpool.
 */

import { bodies } from '../pool/bodies.ts';
import { loadPeer } from './load-peer.ts';

const { worker } = await loadPeer<{ worker: (tasks: object) => void }>('workerpool');
worker(bodies);
