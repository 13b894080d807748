/**
 * Who modules are: the same wherever their folder is.
 */
import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { moduleIdentity } from '../../src/sources/module-identity.ts';
import { SourceTree } from './source-tree.ts';

describe('moduleIdentity()', () => {
  test('is the package, and the path inside it', () => {
    using tree = new SourceTree({ 'src/my tasks.ts': '' });
    expect(moduleIdentity(tree.url('src/my tasks.ts'))).toEqual({
      package: 'my-app',
      path: 'src/my tasks.ts',
      text: 'my-app/src/my tasks.ts',
    });
  });

  test('survives moving the folder, and its links', () => {
    using tree = new SourceTree({ 'src/tasks.ts': '' });
    tree.link('lib', 'src');
    const before = moduleIdentity(tree.url('lib/tasks.ts'));
    expect(before.text).toBe('my-app/src/tasks.ts');
    tree.move();
    expect(moduleIdentity(tree.url('src/tasks.ts'))).toEqual(before);
  });

  test('passes over a package.json without a name, and one that cannot be read', () => {
    using tree = new SourceTree({
      'src/package.json': '{ "type": "commonjs" }',
      'src/deep/package.json': 'none',
      'src/deep/tasks.ts': '',
    });
    expect(moduleIdentity(tree.url('src/deep/tasks.ts')).text).toBe('my-app/src/deep/tasks.ts');
  });

  test('of an installed module is its package, whatever package.json is inside, and where pnpm put it', () => {
    const pad = 'node_modules/.pnpm/@x+pad@1.0.0/node_modules/@x/pad';
    using tree = new SourceTree({
      [`${pad}/package.json`]: '{ "name": "@x/pad", "version": "1.0.0" }',
      [`${pad}/lib/package.json`]: '{ "name": "inner" }',
      [`${pad}/lib/tasks.js`]: '',
    });
    tree.link('node_modules/@x/pad', pad);
    expect(moduleIdentity(tree.url('node_modules/@x/pad/lib/tasks.js')).text).toBe('@x/pad/lib/tasks.js');
  });

  test('of a linked module is where it is', () => {
    using tree = new SourceTree({
      'packages/linked/package.json': '{ "name": "linked" }',
      'packages/linked/tasks.ts': '',
    });
    tree.link('node_modules/linked', 'packages/linked');
    expect(moduleIdentity(tree.url('node_modules/linked/tasks.ts')).text).toBe('linked/tasks.ts');
  });

  test('without a package is the URL of the file', () => {
    using tree = new SourceTree({ 'a b.ts': '' });
    tree.remove('package.json');
    const file = `${realpathSync(tree.root)}/a b.ts`;
    expect(moduleIdentity(tree.url('a b.ts'))).toEqual({
      package: '',
      path: file,
      text: pathToFileURL(file).href,
    });
  });

  test('leaves out what a loader put behind the path, also of a file that is gone', () => {
    using tree = new SourceTree({ 'src/tasks.ts': '' });
    expect(moduleIdentity(`${tree.url('src/tasks.ts')}?t=1#x`).text).toBe('my-app/src/tasks.ts');
    expect(moduleIdentity(`${tree.url('src/gone.ts')}?t=1`).text).toBe('my-app/src/gone.ts');
  });

  test('of other URLs is the URL; of one that holds its text, a digest', () => {
    expect(moduleIdentity('node:path')).toEqual({ package: '', path: 'path', text: 'node:path' });
    expect(moduleIdentity('https://host/tasks.js?v=1').text).toBe('https://host/tasks.js?v=1');
    const [one, other] = ['1', '2'].map((text) => moduleIdentity(`data:text/javascript,${text}`).text);
    expect(one).toMatch(/^data:[0-9a-f]{64}$/);
    expect(one).not.toBe(other);
  });

  test('refuses what is no URL', () => {
    expect(() => moduleIdentity('tasks.ts')).toThrow(TypeError);
  });
});
