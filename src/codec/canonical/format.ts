/**
 * The constants of the canonical encoding, as `docs/formats/digest.md` describes it.
 *
 * **Frozen:** a change of any of them, or of what is written behind a tag, changes digests that others have stored. It
 * is a new version of the encoding: count up the version in `header`, and say so in the document.
 */

/**
 * What every digest begins with: the name of the format, its version, and the algorithm by its code in the table of
 * multihash (0x12 is SHA-256), so that digests of two versions or algorithms cannot be those of the same bytes.
 */
export const header: Uint8Array = Uint8Array.from([0x68, 0x65, 0x64, 0x64, 0x6c, 0x65, 0x01, 0x12]);

/** A value inside another one whose encoding is longer than this stands there by its digest. Arbitrary: a hash costs as much as encoding some hundred bytes. */
export const longestInline = 1024;

/** The first byte of each encoded value. Letters, so that a dump can be read. */
export const tag = {
  null: 0x6e, // n
  undefined: 0x75, // u
  true: 0x74, // t
  false: 0x66, // f
  number: 0x64, // d
  bigint: 0x70, // p
  negativeBigint: 0x6d, // m
  text: 0x73, // s
  /** Text with half a surrogate pair, which UTF-8 cannot write. */
  brokenText: 0x77, // w
  boxed: 0x78, // x
  list: 0x6c, // l
  /** A list that has named members besides its elements. */
  listWithMembers: 0x4c, // L
  holes: 0x68, // h
  record: 0x72, // r
  map: 0x4d, // M
  set: 0x53, // S
  date: 0x44, // D
  regExp: 0x52, // R
  error: 0x45, // E
  arrayBuffer: 0x41, // A
  resizableArrayBuffer: 0x61, // a
  sharedArrayBuffer: 0x47, // G
  growableSharedArrayBuffer: 0x67, // g
  typedArray: 0x54, // T
  nodeBuffer: 0x4e, // N
  dataView: 0x56, // V
  /** An instance of a class, or another value that a codec knows: its kind, and what stands for it. */
  standIn: 0x4b, // K
  /** An object that encloses this place. */
  encloser: 0x63, // c
  /** The digest of a long encoding, in its place. */
  digest: 0x23, // #
} as const;

/** The second byte of a typed array, by its class. */
export const elementCode: Readonly<Record<string, number>> = {
  Int8Array: 0x62, // b
  Uint8Array: 0x42, // B
  Uint8ClampedArray: 0x43, // C
  Int16Array: 0x68, // h
  Uint16Array: 0x48, // H
  Int32Array: 0x69, // i
  Uint32Array: 0x49, // I
  BigInt64Array: 0x71, // q
  BigUint64Array: 0x51, // Q
  Float16Array: 0x65, // e
  Float32Array: 0x66, // f
  Float64Array: 0x64, // d
};
