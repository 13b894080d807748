/**
 * Values of JSON, as files that Python's `json` writes and reads.
 *
 * Integers beyond 2^53 are `bigint`s. The bare `NaN` of Python is read; to write one is refused, as JSON has none.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import { fromPythonJson, parsePythonJson, printPythonJson, toPythonJson } from '../formats/python-json.ts';
import type { ArtifactHandler } from './handler.ts';
import { bytesOfText, textOfBytes } from './text-bytes.ts';

/** Keeps objects, lists, texts, numbers, `true`, `false` and `null`. Options: `indent` and `sortKeys`. */
export const jsonHandler: ArtifactHandler = {
  alias: 'json',
  suffix: 'json',
  binary: false,
  encode: (value, options = {}) => {
    refuseUnknownOptions(options, ['indent', 'sortKeys'], 'write JSON');
    const { indent, sortKeys = false } = options;
    if (indent !== undefined && !(Number.isInteger(indent) && Number(indent) >= 0 && Number(indent) <= 16))
      throw new RangeError(
        `Cannot write JSON as 'indent' must be a number from 0 to 16: received ${inspectShort(indent)}`,
      );
    const json = toPythonJson(value, 'write JSON');
    const layout = {
      sortKeys: sortKeys === true,
      ...(indent === undefined ? {} : { indent: Number(indent) }),
    };
    return bytesOfText(printPythonJson(json, layout), 'JSON');
  },
  decode: (bytes) => fromPythonJson(parsePythonJson(textOfBytes(bytes, 'JSON'))),
};
