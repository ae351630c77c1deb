import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { asFileError } from '@forcemint/store/sqlite/private-files';
import { temporaryDirectory } from './support/machine.ts';

test('no room for a place is store_full, and is found before the request leaves', (t) => {
  const directory = `${temporaryDirectory(t)}/spool`;
  const file = new URL('./support/spool-full.child.ts', import.meta.url).pathname;
  const limited = ['-c', 'ulimit -f 8; exec "$0" --conditions=source "$@"', process.execPath, file, directory];
  const { stdout, stderr } = spawnSync('sh', limited, { encoding: 'utf8' });
  assert.deepEqual(stdout.trim().split('\n'), ['reserve store_full', 'write store_full', 'read none'], stderr);
});

test('errors of the file system keep their meaning', () => {
  const meaning = (code: string) => {
    const error = asFileError(Object.assign(new Error('synthetic'), { code, syscall: 'write' }), '/somewhere');
    return error instanceof Error && 'code' in error ? error.code : undefined;
  };
  assert.deepEqual(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EACCES', 'EPERM', 'EIO'].map(meaning), [
    'store_full',
    'store_full',
    'store_full',
    'store_read_only',
    'store_unavailable',
    'store_unavailable',
    'store_unavailable',
  ]);
  const other = new RangeError('not of the file system');
  assert.equal(asFileError(other, '/somewhere'), other);
});
