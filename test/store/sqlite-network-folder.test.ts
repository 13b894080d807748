/**
 * Which folders are on other machines.
 */
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { isNetworkFolder } from '../../src/store/sqlite/network-folder.ts';

const of =
  (type: number): (() => number) =>
  () =>
    type;

describe('isNetworkFolder()', () => {
  test.for([
    ['NFS', 0x6969],
    ['SMB 2, as a negative number', 0xfe534d42 | 0],
    ['CIFS', 0xff534d42],
    ['FUSE', 0x65735546],
    ['9P', 0x01021997],
    ['Lustre', 0x0bd00bd0],
  ] as const)('tells %s', ([, type]) => {
    expect(isNetworkFolder('/data', of(type), 'linux')).toBe(true);
  });

  test.for([
    ['ext4', 0xef53],
    ['tmpfs', 0x01021994],
    ['btrfs', 0x9123683e],
    ['overlayfs', 0x794c7630],
    ['XFS', 0x58465342],
  ] as const)('lets %s pass', ([, type]) => {
    expect(isNetworkFolder('/data', of(type), 'linux')).toBe(false);
  });

  test.for([
    ['\\\\server\\share', true],
    ['//server/share', true],
    ['\\\\?\\C:\\data', false],
    ['C:\\data', false],
  ] as const)('tells %s on Windows', ([folder, isNetwork]) => {
    expect(isNetworkFolder(folder, of(0), 'win32')).toBe(isNetwork);
  });

  test('does not guess where types have other numbers', () => {
    expect(isNetworkFolder('/data', of(0x6969), 'darwin')).toBe(false);
  });

  test('takes what cannot be asked as here', () => {
    const fail = (): number => {
      throw new Error('ENOSYS');
    };
    expect(isNetworkFolder('/data', fail, 'linux')).toBe(false);
    expect(isNetworkFolder(tmpdir())).toBeTypeOf('boolean');
  });
});
