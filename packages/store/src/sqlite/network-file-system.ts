import { statfsSync } from 'node:fs';
import { dirname, toNamespacedPath } from 'node:path';
import { StoreError } from '@forcemint/core/errors';

/**
 * Types that Linux reports for file systems which several machines share (`statfs(2)`, linux/magic.h). SQLite's write-ahead log needs memory that all its
 * users share (https://sqlite.org/wal.html), and its locks must hold: neither is so across machines.
 */
const LINUX_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x564c, 'NCP'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x19830326, 'BeeGFS'],
  [0x013111a8, 'IBRIX'],
]);

/**
 * The kind of network file system that a path, or the nearest directory above it that exists, lies on; `undefined`: a local one, or the operating system
 * does not say. On Windows only paths of other machines (`\\server\share`) are known.
 */
export function networkFileSystem(path: string): string | undefined {
  if (process.platform === 'win32') return toNamespacedPath(path).startsWith('\\\\?\\UNC\\') ? 'SMB' : undefined;
  if (process.platform !== 'linux') return undefined;
  try {
    return LINUX_TYPES.get(statfsSync(path).type);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    return isMissing && dirname(path) !== path ? networkFileSystem(dirname(path)) : undefined;
  }
}

/** @throws StoreError `network_file_system` */
export function refuseNetworkFileSystem(path: string, kindOf: (path: string) => string | undefined): void {
  const kind = kindOf(path);
  if (kind === undefined) return;
  throw new StoreError('network_file_system', `${path} lies on a network file system (${kind}).`, {
    diagnosis: {
      cause: 'SQLite’s locks and its write-ahead log do not hold between machines: two of them could use up one refresh token.',
      fix: [
        'Put the store on a disk of this machine: FORCEMINT_STORE=sqlite:PATH.',
        'For several machines use PostgreSQL: FORCEMINT_STORE=postgres://….',
      ],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}
