/**
 * What turns values into files of artifacts, and back: one way to keep a value, known by its alias.
 *
 * The alias stands in the file of the project or repository, so that each side finds its own handler. Those of lazyscribe for
 * Python are `json` and `pickle`, and by its packages `yaml`, `csv`, `parquet`, `joblib` and `onnx`.
 */

import type { PythonJson } from '../formats/python-json.ts';

/** What a handler is told about one value: of its own kind, such as `{ indent: 2 }` for `json`. */
export type HandlerOptions = Readonly<Record<string, unknown>>;

/** Keeps values of a kind as files. */
export interface ArtifactHandler<Value = unknown> {
  /** Lower case letters, digits and hyphens. */
  readonly alias: string;
  /** Of names of files, without the dot. */
  readonly suffix: string;
  /** Whether the bytes are no text, so that no lines can be compared. */
  readonly binary: boolean;
  /**
   * Whether values are written only, as a picture.
   *
   * @defaultValue `false`
   */
  readonly outputOnly?: boolean;
  /**
   * Makes the bytes of a file. The value is not changed, nor kept.
   *
   * @throws {TypeError} If it is no value of this kind.
   */
  encode(value: Value, options?: HandlerOptions): Uint8Array | Promise<Uint8Array>;
  /**
   * Makes a value of the bytes of a file. They may come from anywhere.
   *
   * @throws {DecodeError} If they are no such file.
   */
  decode(bytes: Uint8Array, options?: HandlerOptions): Value | Promise<Value>;
  /**
   * Tells what a reader needs to be the same, such as the version of a package. It is kept beside the artifact, and compared
   * when that is read.
   *
   * @defaultValue nothing
   */
  environment?(): Readonly<Record<string, PythonJson>>;
}
