/**
 * Affinity: from a key to the worker that its calls run at.
 */

/** An integer, at least 0, for a key: equal ones for equal keys. FNV-1a, of which 31 bits are used. */
export function pinOf(key: unknown): number | undefined {
  if (key === undefined) return undefined;
  // Whole numbers are spread evenly as they are.
  if (typeof key === 'number' && Number.isInteger(key)) return Math.abs(key);
  const text = String(key);
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash & 0x7fffffff;
}
