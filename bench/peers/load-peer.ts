/**
 * Loads the packages that heddle is measured against, from `bench/peers/node_modules`, where they are installed on
 * first use: nobody who installs heddle gets them.
 */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Gives the module of a package. The caller says what it is to it: peers have types, but may not be installed. */
export async function loadPeer<Module>(name: string): Promise<Module> {
  return (await import(import.meta.resolve(name))) as Module;
}

/** Whether the peers are there. */
export function arePeersInstalled(): boolean {
  return existsSync(join(import.meta.dirname, 'node_modules', 'piscina'));
}

/**
 * Installs the peers unless they are there.
 *
 * @throws {Error} If npm fails, such as for want of a network, with what it wrote.
 */
export async function installPeers(): Promise<void> {
  if (arePeersInstalled()) return;
  await promisify(execFile)(
    'npm',
    ['install', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'],
    {
      cwd: import.meta.dirname,
      timeout: 300_000,
    },
  );
}
