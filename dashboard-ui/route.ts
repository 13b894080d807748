/**
 * What is shown, in the address: so that reloading, going back and sharing keep it.
 */

import { type Signal, signal } from '@preact/signals';

export const pages = ['overview', 'timeline', 'graph', 'calls', 'failures', 'pipelines'] as const;
export type PageName = (typeof pages)[number] | 'call';

/** Where one is. */
export interface Route {
  readonly page: PageName;
  /** `undefined` for the last run. */
  readonly run: number | undefined;
  /** Of the page `call`. */
  readonly call: number | undefined;
  readonly params: URLSearchParams;
}

/** The run that is shown, whether the address names it or not. */
export const shownRun: Signal<number | undefined> = signal(undefined);

/** What belongs to one run: addresses with it name the run, so that they are not about the next one when that begins. */
const ofOneRun = ['focus', 'open', 'from', 'to'];

/** The present route: `#/calls?run=3&filter=failed`. */
export const route: Signal<Route> = signal(read());

addEventListener('hashchange', () => {
  route.value = read();
});

/** The address of a page. The run stays the same unless another is given. */
export function linkTo(
  page: PageName,
  {
    run = route.value.run,
    call,
    ...params
  }: Readonly<Record<string, string | number | undefined>> & {
    readonly run?: number | undefined;
    readonly call?: number | undefined;
  } = {},
): string {
  const search = new URLSearchParams();
  const isOfOne = call !== undefined || ofOneRun.some((name) => params[name] !== undefined);
  const named = run ?? (isOfOne ? shownRun.value : undefined);
  if (named !== undefined) search.set('run', String(named));
  for (const [name, value] of Object.entries(params))
    if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return `#/${page}${call === undefined ? '' : `/${call}`}${text === '' ? '' : `?${text}`}`;
}

/** Goes to a page. */
export function goTo(link: string): void {
  location.hash = link;
}

/** Changes parameters of the present page, without a step to go back to; an empty one is taken away. */
export function setParams(params: Readonly<Record<string, string>>): void {
  const { page, call, params: before } = route.peek();
  const next = new URLSearchParams(before);
  for (const [name, value] of Object.entries(params)) {
    if (value === '') next.delete(name);
    else next.set(name, value);
  }
  const shown = shownRun.peek();
  if (!next.has('run') && shown !== undefined && ofOneRun.some((name) => next.has(name)))
    next.set('run', String(shown));
  const text = next.toString();
  history.replaceState(
    undefined,
    '',
    `#/${page}${call === undefined ? '' : `/${call}`}${text === '' ? '' : `?${text}`}`,
  );
  route.value = read();
}

function read(): Route {
  const [path = '', search = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [name = '', call] = path.split('/');
  const params = new URLSearchParams(search);
  const run = params.get('run');
  const isCall = name === 'call' && call !== undefined && /^\d+$/.test(call);
  return {
    page: isCall ? 'call' : (pages.find((page) => page === name) ?? 'overview'),
    run: run !== null && /^\d+$/.test(run) ? Number(run) : undefined,
    call: isCall ? Number(call) : undefined,
    params,
  };
}
