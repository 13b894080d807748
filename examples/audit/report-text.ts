/**
 * The report as text: three tables, what could not be read, and how it went.
 */
import { styleText } from 'node:util';
import { countOf, countText, secondsText, sizeText } from './amounts.ts';
import type { Duplicate, Figures, LicenceCount, Report } from './report.ts';
import type { PackageSummary } from './summary.ts';
import { cut, printable, type Table, tableLines, wrapped } from './table.ts';

/** How the text is to look. */
export interface TextLook {
  /** In columns, at least 40. */
  readonly width: number;
  /** Rows of each table. */
  readonly top: number;
  readonly colours: boolean;
}

const MARGIN = '  ';
const BAR_CELLS = 20;
/** A run that is shorter is mostly starting up. */
const LEAST_WAITED_MS = 5_000;
/** Below this the threads were kept from working (arbitrary; undisturbed it is more than 0.9). */
const BUSY_SHARE = 0.7;

/** Writes the report. */
export function reportText(report: Report, look: TextLook): string {
  const sections = [
    packagesSection(report, look),
    duplicatesSection(report, look),
    licencesSection(report, look),
    unreadableSection(report, look),
    ending(report, look),
  ];
  return `\n${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map(indented).join('\n'))
    .join('\n\n')}\n\n`;
}

function packagesSection({ packages, totals }: Report, look: TextLook): string[] {
  if (packages.length === 0) return [bold('No files', look)];
  const heaviest = packages[0]?.bytes ?? 0;
  const table: Table<PackageSummary> = {
    name: {
      title: 'Heaviest packages',
      text: ({ name, version }) => (version === undefined ? name : `${name} ${version}`),
    },
    keeps: 'start',
    columns: [
      { title: 'files', text: ({ files }) => countText(files) },
      { title: 'bytes', text: ({ bytes }) => sizeText(bytes) },
      { title: 'gzip', text: ({ gzipBytes }) => sizeText(gzipBytes), fromWidth: 56 },
      { title: 'brotli', text: ({ brotliBytes }) => sizeText(brotliBytes), fromWidth: 46 },
      { title: 'lines', text: ({ lines }) => countText(lines), fromWidth: 68 },
      { title: ' '.repeat(BAR_CELLS), text: ({ bytes }) => barOf(bytes, heaviest), fromWidth: 110 },
    ],
  };
  const rows = packages.slice(0, look.top);
  const all = { ...totals, name: `all ${countText(packages.length)}`, version: undefined, path: '' };
  const others = { licence: undefined, isPackage: false, texts: [] };
  const lines = tableLines(table, [...rows, { ...others, ...all }], look.width - MARGIN.length);
  return headed(lines, 'Heaviest packages', look);
}

function duplicatesSection({ duplicates, packages }: Report, look: TextLook): string[] {
  if (duplicates.length === 0)
    return packages.length < 2 ? [] : [bold('No file is in several packages', look)];
  const table: Table<Duplicate> = {
    name: { title: 'Duplicates', text: ({ path }) => path },
    keeps: 'end',
    columns: [
      { title: 'copies', text: ({ files }) => countText(files) },
      { title: 'packages', text: ({ packages }) => countText(packages), fromWidth: 72 },
      { title: 'each', text: ({ bytes }) => sizeText(bytes), fromWidth: 46 },
      { title: 'wasted', text: ({ wastedBytes }) => sizeText(wastedBytes) },
    ],
  };
  const lines = tableLines(table, duplicates.slice(0, look.top), look.width - MARGIN.length);
  const wasted = duplicates.reduce((sum, { wastedBytes }) => sum + wastedBytes, 0);
  const more = `${countOf(duplicates.length, 'file')} with copies in other packages, ${sizeText(wasted)} wasted`;
  return [...headed(lines, 'Duplicates', look), ...aside(more, look)];
}

function licencesSection({ licences, packages }: Report, look: TextLook): string[] {
  if (licences.length === 0) return [];
  const table: Table<LicenceCount> = {
    name: { title: 'Licences', text: ({ licence }) => licence ?? 'none declared' },
    keeps: 'start',
    columns: [
      { title: 'declared', text: ({ declared }) => dashFor0(declared) },
      { title: 'with its text', text: ({ texts }) => dashFor0(texts) },
    ],
  };
  const lines = tableLines(table, licences.slice(0, look.top), look.width - MARGIN.length);
  const silent = packages.filter(({ isPackage, texts }) => isPackage && texts.length === 0).length;
  const hidden = licences.length - Math.min(look.top, licences.length);
  const parts = [
    ...(hidden > 0 ? [`${countText(hidden)} more`] : []),
    ...(silent > 0 ? [`${countOf(silent, 'package')} without the text of a known licence`] : []),
  ];
  return [...headed(lines, 'Licences', look), ...(parts.length > 0 ? aside(parts.join('; '), look) : [])];
}

function unreadableSection({ unreadable }: Report, look: TextLook): string[] {
  if (unreadable.length === 0) return [];
  const room = look.width - MARGIN.length;
  const lines = unreadable.slice(0, look.top).map(({ path, why }) => {
    const reason = cut(printable(why), Math.floor(room / 2), 'start');
    return `${cut(printable(path), room - reason.length - 2, 'end')}  ${reason}`;
  });
  const hidden = unreadable.length - lines.length;
  if (hidden > 0) lines.push(dim(`${countText(hidden)} more`, look));
  const title = `${countOf(unreadable.length, 'path')} could not be read`;
  return [look.colours ? styleText(['bold', 'yellow'], title, { validateStream: false }) : title, ...lines];
}

function ending({ figures, totals }: Report, look: TextLook): string[] {
  const { threads, tookMs, oneThreadMs, calls, retrievedFiles, retrievedMs } = figures;
  const took = `Took ${secondsText(tookMs)} on ${countOf(threads, 'thread')}; one thread takes ${secondsText(oneThreadMs)}.`;
  const saved = retrievedFiles === 0 ? '' : `, ${secondsText(retrievedMs)} of work`;
  const retrieved = `Retrieved ${countText(retrievedFiles)} of ${countOf(totals.files, 'file')}${saved}; made ${countOf(calls, 'call')}.`;
  const line = `${took} ${retrieved}`;
  const waited = waitedText(figures);
  const room = look.width - MARGIN.length;
  const lines = line.length <= room ? [line] : [...wrapped(took, room), ...wrapped(retrieved, room)];
  return [...lines.map((text) => bold(text, look)), ...(waited === undefined ? [] : aside(waited, look))];
}

/** Explains a run in which the threads did little of what they could: without it, the figures above are a riddle. */
function waitedText({ threads, tookMs, oneThreadMs, retrievedMs }: Figures): string | undefined {
  const share = (oneThreadMs - retrievedMs) / (threads * tookMs);
  if (tookMs < LEAST_WAITED_MS || share > BUSY_SHARE) return undefined;
  return `The threads worked only ${Math.round(share * 100)} % of the time; else they waited for the host, the disk, or other programs.`;
}

/** Makes a table's first title its heading. */
function headed([titles = '', ...rows]: readonly string[], heading: string, look: TextLook): string[] {
  return [`${bold(heading, look)}${dim(titles.slice(heading.length), look)}`, ...rows];
}

/** Below or beside the main thing. */
function aside(text: string, look: TextLook): string[] {
  return wrapped(text, look.width - MARGIN.length).map((line) => dim(line, look));
}

/** All packages together are no bar among others. */
function barOf(bytes: number, most: number): string {
  return bytes > most || most === 0
    ? ''
    : '█'.repeat(Math.round((bytes / most) * BAR_CELLS)).padEnd(BAR_CELLS);
}

function dashFor0(count: number): string {
  return count === 0 ? '–' : countText(count);
}

function indented(line: string): string {
  return line === '' ? line : `${MARGIN}${line}`;
}

function bold(text: string, { colours }: TextLook): string {
  return colours ? styleText('bold', text, { validateStream: false }) : text;
}

function dim(text: string, { colours }: TextLook): string {
  return colours && text !== '' ? styleText('dim', text, { validateStream: false }) : text;
}
