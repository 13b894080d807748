/**
 * The bodies as tasks of poolifier, in its cluster workers.
 */

import { bodies } from '../pool/bodies.ts';
import { loadPeer } from './load-peer.ts';

const { ClusterWorker } = await loadPeer<{ ClusterWorker: new (tasks: object) => unknown }>('poolifier');
void new ClusterWorker(bodies);
