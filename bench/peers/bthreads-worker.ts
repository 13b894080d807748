/**
 * The bodies as tasks of bthreads.
 */

import { bodies } from '../pool/bodies.ts';
import { loadPeer } from './load-peer.ts';

const { default: threads } = await loadPeer<{
  default: { parent: { hook(name: string, fn: (input: never) => unknown): void } };
}>('bthreads');
for (const body of Object.values(bodies)) threads.parent.hook(body.name, body);
