/**
 * Whether a folder is on another machine. There the write-ahead log of SQLite does not work, as it takes memory that all
 * processes share.
 */

import { statfsSync } from 'node:fs';

/** Types of file systems as Linux tells them, each of a network, or one that may be (FUSE, 9P). From `statfs(2)`. */
const networkTypes: ReadonlySet<number> = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB 2
  0x65735546, // FUSE, such as sshfs
  0x01021997, // 9P
  0x5346414f, // AFS
  0x6b414653, // AFS of the kernel
  0x73757245, // Coda
  0x00c36400, // Ceph
  0x0bd00bd0, // Lustre
  0x47504653, // GPFS
  0x19830326, // BeeGFS
  0x7461636f, // OCFS2
  0x01161970, // GFS2
]);

/** How a file system is asked for its type. */
export type TypeOfFolder = (folder: string) => number;

/** Tells whether a folder is on another machine, as far as that can be known. */
export function isNetworkFolder(
  folder: string,
  typeOf: TypeOfFolder = (path) => statfsSync(path).type,
  platform: NodeJS.Platform = process.platform,
): boolean {
  if (platform === 'win32') return /^[\\/]{2}(?![?.][\\/])/.test(folder);
  if (platform !== 'linux') return false; // Types are numbered otherwise there, from one version to the next.
  try {
    return networkTypes.has(typeOf(folder) >>> 0);
  } catch {
    return false;
  }
}
