/**
 * The script of a job: what the site needs first, then heddle's own process in the place of the shell.
 *
 * In its place, since a shell in between would not hand on signals, and some sites leave its children behind. There is no
 * secret in it: everybody may read the scripts of jobs, only the file that is named here is readable by its owner alone.
 */

export interface JobScriptParts {
  /** Lines that come first: modules to load, variables to set. */
  readonly prologue: readonly string[];
  /** The program and its arguments; those in `raw` are for the shell to read. */
  readonly command: readonly (string | { readonly raw: string })[];
}

export function jobScript({ prologue, command }: JobScriptParts): string {
  const words = command.map((word) => (typeof word === 'string' ? quoted(word) : `"${word.raw}"`));
  return ['#!/bin/sh', ...prologue, `exec ${words.join(' ')}`, ''].join('\n');
}

/** As a shell takes it for one word, whatever is in it. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
