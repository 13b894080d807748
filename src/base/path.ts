/**
 * A way into nested data, as a reader of an error would write it: `args[0].model.layers[3]`.
 */

/** A step into nested data: a member, an element, or an entry of a `Map` or `Set`. */
export type Step = string | number | symbol | { readonly entry: string };

/** Writes a way into data. */
export function pathText(start: string, steps: readonly Step[]): string {
  return start + steps.map(stepText).join('');
}

function stepText(step: Step): string {
  if (typeof step === 'number') return `[${step}]`;
  if (typeof step === 'symbol') return `[${String(step)}]`;
  if (typeof step === 'object') return `<${step.entry}>`;
  return /^[A-Za-z_$][\w$]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}
