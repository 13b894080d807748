/** Which options of Node.js a worker process takes over. */

import { expect, test } from 'vitest';
import { inheritedOptions } from '../../src/worker/inherited-options.ts';

test.each<[readonly string[], readonly string[]]>([
  [[], []],
  [
    ['--import', 'tsx', '--max-old-space-size=50'],
    ['--import', 'tsx', '--max-old-space-size=50'],
  ],
  [['--inspect', '--inspect-brk=9229', '--inspect-port=0', '--conditions=x'], ['--conditions=x']],
  [['--eval', 'code', '--no-warnings', '-p', 'more'], ['--no-warnings']],
  [['--test', '--test-reporter=tap', '--watch', '--watch-path=src', '--input-type=module'], []],
  [
    ['-r', './loader.cjs', '-C', 'x'],
    ['-r', './loader.cjs', '-C', 'x'],
  ],
])('inheritedOptions() of %j are %j', (options, inherited) => {
  expect(inheritedOptions(options)).toEqual(inherited);
});
