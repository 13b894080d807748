/**
 * The `display` hint: what is shown of a call while it runs.
 */

import { inspectShort } from '../base/inspect-short.ts';

/** Shows a call, given its arguments. */
export type Display = (...args: never[]) => string;

/** Marks functions made of templates: they change nothing, so they may be shown the arguments themselves. */
const isTemplate = Symbol('heddle.display-template');

/** Whether a display may be given the arguments of a call themselves, not copies. */
export function isHarmless(display: object): boolean {
  return isTemplate in display;
}

/**
 * Turns a template into a function, once, when the task is defined, so that a name that is no argument
 * is told there and then.
 *
 * In a template `{name}` stands for an argument, `{0}` for one by its position, `{name.member}` and
 * `{name[member]}` for parts of it, `{{` and `}}` for braces.
 *
 * @throws {RangeError} If the template names no argument, or a brace has no partner.
 */
export function displayOf(
  template: string,
  params: readonly (string | undefined)[],
  subject: string,
): Display {
  const parts = template.split(/(\{\{|\}\}|\{[^{}]*\}|[{}])/).map((part) => {
    if (part === '{{' || part === '}}') return part[0] as string;
    if (part === '{' || part === '}') {
      throw new RangeError(
        `Cannot give ${subject} the display '${template}' as a '${part}' has no partner\n  write '${part}${part}' for a brace`,
      );
    }
    return part.startsWith('{') ? placeholderOf(part.slice(1, -1).trim(), template, params, subject) : part;
  });
  const show: Display = (...args) =>
    parts.map((part) => (typeof part === 'string' ? part : textAt(args, part))).join('');
  return Object.assign(show, { [isTemplate]: true });
}

interface Placeholder {
  readonly index: number;
  readonly members: readonly string[];
}

function placeholderOf(
  way: string,
  template: string,
  params: readonly (string | undefined)[],
  subject: string,
): Placeholder {
  const [first = '', ...members] = way.split(/[.[\]]+/).filter((step) => step !== '');
  const index = /^\d+$/.test(first) ? Number(first) : params.indexOf(first);
  if (index < 0 || way === '') {
    const named = params.filter((name) => name !== undefined);
    throw new RangeError(
      `Cannot give ${subject} the display '${template}' as '{${way}}' names no argument\n  ` +
        (named.length > 0
          ? `its arguments are ${named.map((name) => `'${name}'`).join(', ')}`
          : "name its arguments with the hint 'params', or use their positions: {0}, {1}"),
    );
  }
  return { index, members };
}

function textAt(args: readonly unknown[], { index, members }: Placeholder): string {
  let value: unknown = args[index];
  for (const member of members) {
    if (typeof value !== 'object' || value === null) return '?';
    value = (value as Record<string, unknown>)[member];
  }
  return typeof value === 'string' ? value : inspectShort(value);
}
