import { describe, expect, test } from 'vitest';
import { slugOf } from '../../../src/artifacts/formats/slug.ts';

describe('slugOf()', () => {
  // Made by python-slugify 9.0.0 with text-unidecode 1.3; its defaults are those of 8.0.4.
  test.each([
    ["It's 50% done", 'it-s-50-done'],
    ['3,14', '314'],
    ['1,2,x,3', '12-x-3'],
    ['日本語 test', 'ri-ben-yu-test'],
    ['日本語test', 'ri-ben-yu-test'],
    ['a&amp;b', 'a-b'],
    ['snake_case', 'snake-case'],
    ['Größe', 'grosse'],
    ['Привет мир', 'privet-mir'],
    ['объём', 'obem'],
    ['naïve – façade', 'naive-facade'],
    ['한국어', 'hangugeo'],
    ['¿Qué? “sí”', 'que-si'],
    ['‘x’', 'x'],
    ['½ cup', '1-2-cup'],
    ['Straße Œuvre', 'strasse-oeuvre'],
    ['😀 smile', 'smile'],
    ['😀', ''],
    ['', ''],
    ["'quoted'", 'quoted'],
    ['a--b__c', 'a-b-c'],
    ['ᚠ rune', 'f-rune'],
    ['\u2900 arrow', 'arrow'],
    ['x\u2900y', 'x-y'],
    ['x\u0085y', 'xy'],
    ['caf&eacute;', 'cafe'],
    ['caf&eacute;s', 'cafe-s'],
    ['&#233;t&#xE9;', 'e-te'],
    ['&#99999999;x&#65;', '99999999-x-65'],
    ['&nosuch;', 'nosuch'],
    ['&trade;', 'tm'],
    ['Ｆｕｌｌ', 'full'],
    ['Base performance-20260110093000', 'base-performance-20260110093000'],
  ])('%j gives %j', (name, slug) => {
    expect(slugOf(name)).toBe(slug);
  });
});
