/**
 * The program of a process that measures one section: `node section-process.ts <section> <settings as JSON>`.
 *
 * Writes its figures as one line of JSON. Leaves medians over processes to `main.ts`, which starts it.
 */

import type { Settings } from './figure.ts';
import { sectionList } from './section-list.ts';

const [name = '', settings = ''] = process.argv.slice(2);
const entry = sectionList[name];
if (entry === undefined)
  throw new RangeError(`Cannot measure a section as there is none: received '${name}'`);
const measure = await entry.load();
const figures = await measure(JSON.parse(settings) as Settings);
process.stdout.write(`${JSON.stringify(figures)}\n`);
