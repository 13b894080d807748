/**
 * Text as a drawing may hold it: well-formed Unicode, no control characters, one kind of line end.
 *
 * Arguments hold anything, and each format breaks on something else: XML forbids most control characters,
 * C programs stop at the first zero, and half a surrogate pair cannot be encoded at all. Each is shown as
 * U+FFFD, the sign for what cannot be shown, so that one can see that something was there. Escaping is left
 * to the formats; estimating how wide the text comes out is in `text-width.ts`.
 */

// The whole of C0 and C1 but the line feed, DEL, and the two noncharacters that XML 1.0 forbids.
// oxlint-disable-next-line eslint/no-control-regex -- finding them is the purpose
const UNREADABLE = /[\0-\x09\x0b-\x1f\x7f-\x9f\ufffe\uffff]/g;

/**
 * Replaces what no format can show.
 *
 * @returns text whose only control character is the line feed
 * @example
 * ```ts
 * assert.equal(readable('a\0b\r\nc\td\ud800'), 'a\ufffdb\nc d\ufffd');
 * ```
 * @internal
 */
export function readable(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(UNREADABLE, (character) => (character === '\t' ? ' ' : '\ufffd'));
}

/**
 * Joins the two lines of a node, leaving out what is empty.
 *
 * @internal
 */
export function linesOf(node: { readonly name: string; readonly text: string }): readonly string[] {
  return [node.name, node.text].filter((part) => part !== '').flatMap((part) => readable(part).split('\n'));
}
