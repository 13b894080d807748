/** What a stream and its surroundings can show. */

import { describe, expect, test } from 'vitest';
import { abilitiesOf } from '../../src/terminal/abilities.ts';
import { FakeTerminal } from '../fixtures/terminal/fake-terminal.ts';

describe('abilitiesOf()', () => {
  test.each([
    [{}, 'live'],
    [{ CI: 'true' }, 'none'],
    [{ CI: 'false' }, 'live'],
    [{ CI: '' }, 'live'],
    [{ TERM: 'dumb' }, 'static'],
  ])('region of a terminal with %o is %s', (environment, region) => {
    expect(abilitiesOf(new FakeTerminal(), environment).region).toBe(region);
  });

  test('region of anything else is none', () => {
    expect(abilitiesOf(new FakeTerminal({ isTTY: false }), {}).region).toBe('none');
  });

  test.each([
    [{ LANG: 'en_GB.UTF-8' }, true],
    [{ LANG: 'C.utf8' }, true],
    [{ LANG: 'en_GB.UTF-8', LC_ALL: 'C' }, false],
    [{ LANG: 'C', LC_CTYPE: 'C.UTF-8' }, true],
    [{ LANG: 'de_DE.ISO-8859-1' }, false],
    [{}, false],
    [{ LANG: 'C.UTF-8', TERM: 'linux' }, false],
    [{ LANG: 'C.UTF-8', TERM: 'dumb' }, false],
  ])('unicode with %o is %s', (environment, unicode) => {
    expect(abilitiesOf(new FakeTerminal(), environment, 'linux').unicode).toBe(unicode);
  });

  test('unicode needs no locale outside POSIX', () => {
    expect(abilitiesOf(new FakeTerminal(), {}, 'win32').unicode).toBe(true);
  });
});
