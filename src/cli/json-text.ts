/**
 * JSON of what a file holds: integers of any size stay what they are.
 */

/** Node.js has it since version 21. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/** Writes a value, on one line if no indent is given. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_, member: unknown) => (typeof member === 'bigint' ? rawJSON(String(member)) : member),
    indent,
  );
}
