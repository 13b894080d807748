/**
 * Reads `boil.ini`: the format of Python's `configparser`, with its `ExtendedInterpolation`.
 *
 * Sections, `key = value` or `key: value`, comments on lines of their own, values that go on in lines indented more
 * deeply, keys in any case, a section `DEFAULT` that all others fall back on. `${key}` stands for a value of the same
 * section, `${section:key}` for one of another, `$$` for a dollar. What the keys mean is left to `target.ts`.
 */

import { BoilError } from './boil-error.ts';

const fallbackSection = 'DEFAULT';

/** The sections of a file. Their values are worked out when they are asked for, so a mistake in one leaves the others. */
export class Ini {
  readonly #file: string;
  readonly #raw: ReadonlyMap<string, ReadonlyMap<string, string>>;

  constructor(file: string, raw: ReadonlyMap<string, ReadonlyMap<string, string>>) {
    this.#file = file;
    this.#raw = raw;
  }

  /** The names of all sections but `DEFAULT`, in the order of the file. */
  get sections(): readonly string[] {
    return [...this.#raw.keys()].filter((name) => name !== fallbackSection);
  }

  /**
   * Gives the values of a section, those of `DEFAULT` included, with all references replaced.
   *
   * @throws {BoilError} If there is no such section, or a reference leads nowhere or back to itself.
   */
  section(name: string): ReadonlyMap<string, string> {
    const keys = new Set([...(this.#raw.get(fallbackSection)?.keys() ?? []), ...this.#own(name).keys()]);
    return new Map([...keys].map((key) => [key, this.#value(name, key, [])]));
  }

  #own(section: string): ReadonlyMap<string, string> {
    const found = this.#raw.get(section);
    if (found !== undefined) return found;
    throw new BoilError(`Cannot read '${this.#file}' as it has no section '${section}'`);
  }

  /** @param asking - the values whose references led here, so that a circle is told and not followed */
  #value(section: string, key: string, asking: readonly string[]): string {
    const here = `${section}:${key}`;
    if (asking.includes(here)) {
      throw this.#refusal(`a reference leads back to itself: received ${[...asking, here].join(' -> ')}`);
    }
    const text = this.#own(section).get(key) ?? this.#raw.get(fallbackSection)?.get(key);
    if (text === undefined) {
      const mend = this.#raw.get('generic')?.has(key) === true ? `\n  write \${generic:${key}}` : '';
      const from = asking.at(-1);
      throw this.#refusal(
        `section '${section}' has no '${key}'${from === undefined ? '' : `, which '${from}' refers to`}${mend}`,
      );
    }
    return text.replace(/\$(\$|\{([^}]+)\}|)/g, (_whole, what: string, reference: string | undefined) => {
      if (what === '$') return '$';
      if (reference === undefined) {
        throw this.#refusal(`'$' must be followed by '$' or '{…}' in '${here}': received '${text}'`);
      }
      const parts = reference.split(':');
      if (parts.length > 2)
        throw this.#refusal(`a reference in '${here}' has more than one ':': received '${text}'`);
      const [first = '', second] = parts;
      const [inSection, inKey] = second === undefined ? [section, first] : [first, second];
      if (!this.#raw.has(inSection)) {
        throw this.#refusal(`'${here}' refers to a section that is not there: received '${inSection}'`);
      }
      return this.#value(inSection, inKey.toLowerCase(), [...asking, here]);
    });
  }

  #refusal(reason: string): BoilError {
    return new BoilError(`Cannot read '${this.#file}' as ${reason}`);
  }
}

/** An option that is being read. */
interface Open {
  readonly section: Map<string, string>;
  readonly key: string;
  readonly indent: number;
  readonly lines: string[];
}

/**
 * Parses the text of an ini file.
 *
 * @param file - its name, for messages
 * @throws {BoilError} If a line is neither section, option, continuation nor comment, or something is there twice.
 */
export function parseIni(text: string, file: string): Ini {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let open: Open | undefined;
  const close = (): void => {
    open?.section.set(open.key, open.lines.join('\n').trimEnd());
    open = undefined;
  };
  // A byte order mark is what some editors begin a file with.
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const refuse = (reason: string): never => {
      throw new BoilError(`Cannot read '${file}' as line ${index + 1} ${reason}: received '${line.trim()}'`);
    };
    const content = line.trim();
    if (/^[#;]/.test(content)) continue;
    const indent = line.length - line.trimStart().length;
    if (open !== undefined && (content === '' || indent > open.indent)) {
      open.lines.push(content);
      continue;
    }
    if (content === '') continue;
    close();
    const header = /^\[(.+)\]/.exec(content)?.[1];
    if (header !== undefined) {
      if (sections.has(header)) refuse('begins a section for the second time');
      section = new Map();
      sections.set(header, section);
      continue;
    }
    if (section === undefined) return refuse('stands before any section');
    const [, name = '', value = ''] = /^(.*?)\s*[=:]\s*(.*)$/.exec(content) ?? [];
    const key = name.toLowerCase();
    if (key === '') refuse("is neither a section nor 'key = value'");
    if (section.has(key)) refuse('sets a key for the second time');
    section.set(key, ''); // Holds the place; the value is complete when the next option begins.
    open = { section, key, indent, lines: [value] };
  }
  close();
  return new Ini(file, sections);
}
