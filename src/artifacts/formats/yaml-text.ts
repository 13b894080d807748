/**
 * Writes values of JSON as YAML that every version of it reads alike: that of PyYAML is 1.1, that of most others 1.2.
 *
 * All is ASCII, a member or an item on a line. A text stands without quotes only where no version takes it for something
 * else, as 1.1 does `yes`, `12:30` and `1_000`. Reading is left to a library.
 */

import { PythonFloat, type PythonJson, pythonFloatText } from './python-json.ts';

/** What PyYAML looks through for the colon after a name; longer ones are marked. */
const longestName = 1000;

/** Writes a document, with a newline at its end. */
export function yamlText(value: PythonJson): string {
  return isNested(value) ? `${nested(value, '')}\n` : `${scalar(value)}\n`;
}

function nested(value: readonly PythonJson[] | { readonly [name: string]: PythonJson }, pad: string): string {
  if (Array.isArray(value)) return value.map((item: PythonJson) => `${pad}-${after(item, pad)}`).join('\n');
  return Object.entries(value)
    .map(([name, member]) => {
      const key = textOf(name);
      return key.length > longestName
        ? `${pad}? ${key}\n${pad}:${after(member, pad)}`
        : `${pad}${key}:${after(member, pad)}`;
    })
    .join('\n');
}

/** What stands after a name or a dash. */
function after(value: PythonJson, pad: string): string {
  return isNested(value) ? `\n${nested(value, `${pad}  `)}` : ` ${scalar(value)}`;
}

/** An empty list or object stands on the line. */
function isNested(
  value: PythonJson,
): value is readonly PythonJson[] | { readonly [name: string]: PythonJson } {
  if (typeof value !== 'object' || value === null || value instanceof PythonFloat) return false;
  return Object.keys(value).length > 0;
}

function scalar(value: PythonJson): string {
  if (typeof value === 'string') return textOf(value);
  if (typeof value === 'number') return numberText(value);
  if (value instanceof PythonFloat) return numberText(value.value, pythonFloatText);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[]' : '{}';
  return String(value);
}

function numberText(value: number, finiteText = numberAsItIs): string {
  if (Number.isFinite(value)) return withPoint(finiteText(value));
  if (Number.isNaN(value)) return '.nan';
  return value > 0 ? '.inf' : '-.inf';
}

function numberAsItIs(value: number): string {
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : pythonFloatText(value);
}

/** To version 1.1 `1e-07` is a text: what has an exponent has a point, too. */
function withPoint(text: string): string {
  return text.replace(/^(-?\d+)e/, '$1.0e');
}

function textOf(text: string): string {
  const isPlain =
    /^[A-Za-z][\w./-]*(?: [\w./-]+)*$/.test(text) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(text);
  return isPlain ? text : JSON.stringify(text).replace(/[^ -~]/gu, escape);
}

/** PyYAML takes halves of a surrogate pair for two characters. */
function escape(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
}
