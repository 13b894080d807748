/**
 * A bar as tqdm draws it: blocks that are exact to an eighth of a cell, or `#` where only ASCII is shown.
 */

const FULL = '█';
/** By eighths of a cell. */
const PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/**
 * Gives the filled part of a bar; the rest is the caller's to pad.
 *
 * @param share - 0 to 1
 * @param cells - columns of the whole bar
 */
export function blockBar(share: number, cells: number, isAscii: boolean): string {
  const within = Math.min(1, Math.max(0, share));
  if (isAscii) return '#'.repeat(Math.floor(within * cells));
  const eighths = Math.floor(within * cells * PARTS.length);
  const full = Math.floor(eighths / PARTS.length);
  return FULL.repeat(full) + (PARTS[eighths % PARTS.length] ?? '');
}
