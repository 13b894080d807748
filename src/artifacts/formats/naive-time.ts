/**
 * Times without a zone, which mean UTC: `2026-01-10T09:30:00`, as files of lazyscribe hold them.
 *
 * Read is what Python's `fromisoformat` reads of such: with a zone, with parts of a second, or a day alone. Written are whole
 * seconds. `new Date(text)` would take such a text for local time.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { DecodeError } from '../../codec/decode-error.ts';

const pattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d:?\d\d(?::?\d\d)?)?)?$/;

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** Writes a time to the second, in UTC and without a zone; parts of a second are cut off. */
export function naiveTimeText(time: Date): string {
  return checked(time).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length);
}

/** Writes a time as names of files have it: `20260110093000`. */
export function compactTimeText(time: Date): string {
  return naiveTimeText(time).replace(/\D/g, '');
}

/**
 * Reads a time. Without a zone it is UTC. Of parts of a second milliseconds are kept.
 *
 * @param name - what is read, for the message: `created_at`
 * @throws {DecodeError} If it is no time, such as the 30th of February.
 */
export function readNaiveTime(text: unknown, name = 'a time'): Date {
  const time = typeof text === 'string' ? tryReadNaiveTime(text) : undefined;
  if (time !== undefined) return time;
  throw new DecodeError(
    name,
    `Cannot read ${name} as it must be a time such as '2026-01-10T09:30:00': received ${inspectShort(text)}`,
  );
}

/** Reads a time. @returns `undefined` if it is none */
export function tryReadNaiveTime(text: string): Date | undefined {
  const parts = pattern.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = '', zone = 'Z'] = parts;
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const time = new Date(0);
  time.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isDay = time.getUTCMonth() === Number(month) - 1 && time.getUTCDate() === Number(day);
  time.setUTCHours(Number(hour), Number(minute), Number(second), ms);
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  if (year === '0000' || !isDay || !isTime) return undefined;
  return new Date(time.getTime() - zoneMs(zone));
}

/** How far a zone is ahead of UTC. */
function zoneMs(zone: string): number {
  if (zone === 'Z') return 0;
  const [hours = 0, minutes = 0, seconds = 0] = (zone.match(/\d\d/g) ?? []).map(Number);
  return (zone.startsWith('-') ? -1 : 1) * (hours * hourMs + minutes * minuteMs + seconds * secondMs);
}

/** Four digits have room for the years 1 to 9999, which are those of Python. */
function checked(time: Date): Date {
  const year = time.getUTCFullYear();
  if (year >= 1 && year <= 9999) return time;
  throw new RangeError(
    `Cannot write a time as it must be of the years 1 to 9999: received ${inspectShort(time)}`,
  );
}
