import { describe, expect, test } from 'vitest';
import {
  compactTimeText,
  naiveTimeText,
  readNaiveTime,
  tryReadNaiveTime,
} from '../../../src/artifacts/formats/naive-time.ts';
import { DecodeError } from '../../../src/codec/decode-error.ts';

describe('naiveTimeText()', () => {
  test('writes UTC to the second', () => {
    const time = new Date('2026-01-10T10:30:00.999+01:00');
    expect(naiveTimeText(time)).toBe('2026-01-10T09:30:00');
    expect(compactTimeText(time)).toBe('20260110093000');
  });

  test('refuses what has not four digits for its year', () => {
    expect(() => naiveTimeText(new Date('+012026-01-10T00:00:00Z'))).toThrow(RangeError);
    expect(() => naiveTimeText(new Date(Number.NaN))).toThrow(/received Invalid Date/);
  });
});

describe('readNaiveTime()', () => {
  test.each([
    ['2026-01-10T09:30:00', '2026-01-10T09:30:00.000Z'],
    ['2026-01-10 09:30', '2026-01-10T09:30:00.000Z'],
    ['2026-01-10', '2026-01-10T00:00:00.000Z'],
    ['2026-01-10T09:30:00.123456', '2026-01-10T09:30:00.123Z'],
    ['2026-01-10T09:30:00.5', '2026-01-10T09:30:00.500Z'],
    ['2026-01-10T09:30:00Z', '2026-01-10T09:30:00.000Z'],
    ['2026-01-10T09:30:00+02:00', '2026-01-10T07:30:00.000Z'],
    ['2026-01-10T09:30:00-0530', '2026-01-10T15:00:00.000Z'],
    ['2024-02-29T23:59:59', '2024-02-29T23:59:59.000Z'],
    ['0001-01-01T00:00:00', '0001-01-01T00:00:00.000Z'],
  ])('reads %s', (text, iso) => {
    expect(readNaiveTime(text).toISOString()).toBe(iso);
  });

  test.each([
    '2026-02-30T00:00:00',
    '2025-02-29',
    '2026-13-01',
    '2026-01-10T24:00:00',
    '2026-01-10T09:60:00',
    '0000-01-01',
    '10.01.2026',
    '2026-01-10T09:30:00 ',
    '',
  ])('takes %j for no time', (text) => {
    expect(tryReadNaiveTime(text)).toBeUndefined();
  });

  test('tells what it could not read', () => {
    expect(() => readNaiveTime(7, 'created_at')).toThrow(DecodeError);
    expect(() => readNaiveTime('now', 'expiry')).toThrow(
      "Cannot read expiry as it must be a time such as '2026-01-10T09:30:00': received 'now'",
    );
  });
});
