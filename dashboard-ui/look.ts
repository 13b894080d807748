/**
 * Colours. A task has the same one on every page; they are told apart by most of those who see few colours (the first seven
 * are those of Okabe and Ito). States have a letter besides.
 */

import { type Signal, signal } from '@preact/signals';
import type { CallColumns } from '../src/observe/calls/call-columns.ts';

/** By the order in which tasks appear; then they come round again. */
const taskColours = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#d55e00',
  '#c9b800',
  '#7a68c0',
  '#8c6d31',
  '#3f9a9a',
  '#a05195',
  '#7f8a99',
] as const;

/** The colour of a task, by its place among those that are not heddle's own. */
export function colourOfTask(place: number): string {
  return taskColours[place % taskColours.length] as string;
}

/** The colour of each task of a run, by its index in the columns. Heddle's own are grey. */
export function coloursOf({ tasks }: CallColumns): readonly string[] {
  let place = 0;
  return tasks.map(({ builtin }) => (builtin ? '#8a8f98' : colourOfTask(place++)));
}

/** What canvases are drawn with. */
export interface CanvasColours {
  readonly ground: string;
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly failed: string;
  readonly marked: string;
}

/** What people have chosen, or their system. */
export type ThemeName = 'auto' | 'light' | 'dark';

export const theme: Signal<ThemeName> = signal(readTheme());

/** Counts changes of colours, so that canvases are drawn again. */
export const themeChanges: Signal<number> = signal(0);

export function setTheme(name: ThemeName): void {
  theme.value = name;
  try {
    localStorage.setItem('heddle-theme', name);
  } catch {
    // Files, and some who want to leave no trace, have no storage.
  }
  showTheme();
}

/** Applies the theme to the page. */
export function showTheme(): void {
  const { documentElement } = document;
  if (theme.value === 'auto') delete documentElement.dataset['theme'];
  else documentElement.dataset['theme'] = theme.value;
  themeChanges.value++;
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => themeChanges.value++);

/** Reads the present colours from the style sheet. */
export function canvasColours(): CanvasColours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ground: read('ground'),
    text: read('text'),
    faint: read('faint'),
    line: read('line'),
    failed: read('failed'),
    marked: read('marked'),
  };
}

function readTheme(): ThemeName {
  try {
    const found = localStorage.getItem('heddle-theme');
    return found === 'light' || found === 'dark' ? found : 'auto';
  } catch {
    return 'auto';
  }
}
