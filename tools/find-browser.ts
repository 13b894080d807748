/**
 * Finds a Chromium on this machine, for tests and measurements in a real browser. None is installed for them: it is large.
 */
import { existsSync } from 'node:fs';

/** Where Debian, other Linux, macOS and Windows put it. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The program: that of the environment's `CHROMIUM`, or one that is installed; `undefined` if there is none. */
export function findBrowser(): string | undefined {
  const named = process.env['CHROMIUM'];
  return named ?? PLACES.find((place) => existsSync(place));
}
