/**
 * The version of this package, for messages and for those who meet another copy of it.
 *
 * It is written down, not read from `package.json`, which a user's bundle leaves behind. A test compares the two.
 */

/** As in `package.json`. */
export const version = '0.1.0';
