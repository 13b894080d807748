/**
 * The frame around all pages: where one can go, how the run stands, and keys.
 */

import type { ComponentChild } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { watched } from '../data/watched.ts';
import type { WatchedRun } from '../data/watched-run.ts';
import { setTheme, type ThemeName, theme } from '../look.ts';
import { CallPage } from '../pages/call-page.tsx';
import { CallsPage } from '../pages/calls-page.tsx';
import { FailuresPage } from '../pages/failures-page.tsx';
import { GraphPage } from '../pages/graph-page.tsx';
import { OverviewPage } from '../pages/overview-page.tsx';
import { PipelinesPage } from '../pages/pipelines-page.tsx';
import { TimelinePage } from '../pages/timeline-page.tsx';
import { goTo, linkTo, type PageName, pages, route } from '../route.ts';
import { clockOf, numberText } from '../words.ts';

const titles: Readonly<Record<PageName, string>> = {
  overview: 'Overview',
  timeline: 'Timeline',
  graph: 'Graph',
  calls: 'Calls',
  failures: 'Failures',
  pipelines: 'Pipelines',
  call: 'Call',
};

const keys: readonly (readonly [keys: string, what: string])[] = [
  ['1 – 6', 'overview, timeline, graph, calls, failures, pipelines'],
  ['/', 'search'],
  ['W S', 'closer, further (timeline and graph)'],
  ['A D', 'left, right'],
  ['← → ↑ ↓', 'the same, and up and down'],
  ['F', 'all of it'],
  ['C', 'the critical path (graph)'],
  ['Enter', 'open what is chosen'],
  ['Esc', 'leave the search, close what is open'],
  ['?', 'these keys'],
];

/** The whole page. */
export function App(): ComponentChild {
  const help = useRef<HTMLDialogElement>(null);
  const { page } = route.value;
  const run = watched.current.value;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target)) {
        if (event.key === 'Escape') (event.target as HTMLElement).blur();
        return;
      }
      const chosen = pages[Number(event.key) - 1];
      if (event.key === '?') help.current?.showModal();
      else if (event.key === '/') document.querySelector<HTMLElement>('input[type=search]')?.focus();
      else if (chosen !== undefined) goTo(linkTo(chosen));
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const failed = run?.state.value.all.failed ?? 0;
  document.title = titleOf(run);
  return (
    <>
      <header>
        <a class="unseen skip" href="#main" onClick={skip}>
          To the content
        </a>
        <h1>heddle</h1>
        <RunChoice />
        <nav aria-label="Pages">
          {pages.map((name) => (
            <a key={name} href={linkTo(name)} aria-current={name === page ? 'page' : undefined}>
              {titles[name]}
              {name === 'failures' && failed > 0 && <b class="failed"> {numberText(failed)}</b>}
            </a>
          ))}
        </nav>
        <span class="group push">
          <Connection />
          <select
            aria-label="Colours"
            value={theme.value}
            onChange={(event) => setTheme(event.currentTarget.value as ThemeName)}
          >
            <option value="auto">auto</option>
            <option value="light">light</option>
            <option value="dark">dark</option>
          </select>
          <button type="button" onClick={() => help.current?.showModal()} aria-label="Keys">
            ?
          </button>
        </span>
      </header>
      <main
        id="main"
        tabIndex={-1}
        class={page === 'timeline' || page === 'graph' || page === 'calls' ? 'full' : ''}
      >
        <Page page={page} run={run} />
      </main>
      <dialog ref={help} aria-label="Keys">
        <h2>Keys</h2>
        <table>
          <tbody>
            {keys.map(([key, what]) => (
              <tr key={key}>
                <td>
                  <kbd>{key}</kbd>
                </td>
                <td>{what}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <form method="dialog">
          <p>
            <button type="submit">Close</button>
          </p>
        </form>
      </dialog>
    </>
  );
}

function Page({
  page,
  run,
}: {
  readonly page: PageName;
  readonly run: WatchedRun | undefined;
}): ComponentChild {
  if (watched.connection.value === 'refused')
    return (
      <p class="notice">
        The dashboard does not know you. Open the address that the program has printed: it holds a token.
      </p>
    );
  if (page === 'pipelines' || (run === undefined && watched.pipelines.value.size > 0))
    return <PipelinesPage />;
  if (run === undefined)
    return (
      <p class="faint">
        {watched.connection.value === 'loading'
          ? 'Loading…'
          : 'Nothing has run yet. What runs is shown here as it begins.'}
      </p>
    );
  const { call } = route.value;
  switch (page) {
    case 'timeline':
      return <TimelinePage key={run.run} run={run} />;
    case 'graph':
      return <GraphPage key={run.run} run={run} />;
    case 'calls':
      return <CallsPage key={run.run} run={run} />;
    case 'failures':
      return <FailuresPage run={run} />;
    case 'call':
      return <CallPage run={run} call={call ?? 0} />;
    default:
      return <OverviewPage run={run} />;
  }
}

function RunChoice(): ComponentChild {
  const runs = [...watched.runs.value.values()];
  const { current } = watched;
  if (runs.length < 2) return undefined;
  return (
    <select
      aria-label="Run"
      value={String(current.value?.run)}
      onChange={(event) => {
        const { page } = route.peek();
        goTo(linkTo(page === 'call' ? 'overview' : page, { run: Number(event.currentTarget.value) }));
      }}
    >
      {runs.map(({ run, state }, at) => (
        <option key={run} value={String(run)}>
          {`run ${at + 1}, ${clockOf(state.value.startedAtMs)}: ${state.value.is}`}
        </option>
      ))}
    </select>
  );
}

function Connection(): ComponentChild {
  const { value } = watched.connection;
  const words = {
    loading: ['…', 'loading'],
    live: ['●', 'live'],
    lost: ['○', 'not connected'],
    refused: ['✘', 'refused'],
    report: ['▤', 'report'],
  } as const;
  const [sign, word] = words[value];
  return (
    <span role="status" class={value === 'lost' || value === 'refused' ? 'failed' : 'faint'}>
      <span aria-hidden="true">{sign}</span> {word}
    </span>
  );
}

function titleOf(run: WatchedRun | undefined): string {
  if (run === undefined) return 'heddle';
  const { is, all } = run.state.value;
  const share = all.total === 0 ? '' : ` ${Math.floor((100 * all.settled) / all.total)} %`;
  return is === 'running' ? `▸${share} – heddle` : `${is === 'success' ? '✔' : '✘'} ${is} – heddle`;
}

/** The address is used for the route: so the link moves the focus itself. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && /^(?:INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
}
