/**
 * What a stream and its surroundings can show: a live region, colours, Unicode.
 *
 * Everything is told by the stream and by environment variables that are in common use; nothing is asked
 * of the terminal itself.
 */

import type { TextStream } from './stream-writer.ts';

/** What can be shown. */
export interface Abilities {
  /** `'live'`: lines can be drawn again. `'static'`: a terminal that only goes on. `'none'`: not a terminal, or a log. */
  readonly region: 'live' | 'static' | 'none';
  readonly colours: boolean;
  readonly unicode: boolean;
}

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds out what can be shown on a stream.
 *
 * - A live region needs a terminal that is not `TERM=dumb`, outside continuous integration (`CI`).
 * - Colours follow `NO_COLOR`, `FORCE_COLOR` and the terminal, as `util.styleText` does.
 * - Unicode needs a UTF-8 locale (`LC_ALL`, `LC_CTYPE`, `LANG`, in this order), and not the Linux console.
 */
export function abilitiesOf(
  stream: TextStream,
  environment: Environment = process.env,
  platform: string = process.platform,
): Abilities {
  const { styleText } = process.getBuiltinModule('node:util');
  const isDumb = environment['TERM'] === 'dumb';
  const isLog = stream.isTTY !== true || isContinuousIntegration(environment['CI']);
  return {
    region: isLog ? 'none' : isDumb ? 'static' : 'live',
    colours: styleText('red', 'x', { stream }) !== 'x',
    unicode: !isDumb && environment['TERM'] !== 'linux' && isUtf8(environment, platform),
  };
}

function isContinuousIntegration(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}

function isUtf8({ LC_ALL, LC_CTYPE, LANG }: Environment, platform: string): boolean {
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '');
  // Without a locale, POSIX systems are in the C locale; the others show Unicode anyway.
  if (locale === undefined) return platform === 'win32' || platform === 'darwin';
  return /utf-?8/iu.test(locale);
}
