/**
 * Answers requests to a dashboard: the page, what it shows as JSON and frames, and a stream that tells of changes.
 *
 * - **Slow readers:** the stream tells what is so, not what happened: who reads slowly is told less often, and never of what is
 *   over. Nothing is kept for him. What calls do is asked for by the page, as frames since the last one it had.
 * - **Order:** versions grow. A stream that begins with `Last-Event-ID` goes on after it; of another program it begins anew.
 */

import type { Context, Hono } from 'hono';
import type { Clock } from '../base/clock.ts';
import type { CallFold } from '../observe/calls/call-fold.ts';
import { encodeFrame } from '../observe/calls/call-frame.ts';
import { callGraph } from '../observe/calls/call-groups.ts';
import { isFailed } from '../observe/calls/call-state.ts';
import { criticalPath } from '../observe/calls/critical-path.ts';
import type { RunState } from '../observe/watched-state.ts';
import type { Metrics } from '../traces/metrics.ts';
import { callList, callView, wholeCallView } from './call-view.ts';
import { type GuardOptions, judge } from './guard.ts';
import type { News } from './news.ts';
import { openApi } from './open-api.ts';
import type { PageFiles } from './page-files.ts';
import { livePage, livePolicy } from './page-html.ts';
import type { WatchedRuns } from './watched-runs.ts';

/** What answers are made of. */
export interface AppParts {
  readonly runs: WatchedRuns;
  readonly metrics: Metrics;
  readonly news: News;
  readonly clock: Clock;
  readonly page: PageFiles;
  readonly guard: GuardOptions;
  /** Where it lies, with slashes around: `/`, `/heddle/`. */
  readonly path: string;
  readonly instance: string;
  /** Streams end when it aborts. */
  readonly closing: AbortSignal;
}

/** Between two messages of a stream (arbitrary: faster than one reads). */
const leastPeriodMs = 100;
/** A message of so many bytes more waits another millisecond, so that large states cost little. */
const bytesOfMs = 2000;
/** Proxies close what is silent (arbitrary). */
const silenceMs = 15_000;
/** Calls told at once at most (arbitrary). */
const mostListed = 10_000;

/** Makes the function that answers. Loads the server's packages. */
export async function makeApp(parts: AppParts): Promise<(request: Request) => Promise<Response>> {
  const [{ Hono: App }, { etag }, { secureHeaders }, { streamSSE }] = await Promise.all([
    // Loads in half the time: there are few routes.
    import('hono/tiny'),
    import('hono/etag'),
    import('hono/secure-headers'),
    import('hono/streaming'),
  ]);
  const { runs, guard, path, page, metrics, clock } = parts;
  const app = new App();

  app.use(
    secureHeaders({
      contentSecurityPolicy: livePolicy,
      xFrameOptions: 'DENY',
      referrerPolicy: 'no-referrer',
      // Not every server in which this is mounted has a certificate.
      strictTransportSecurity: false,
    }),
  );
  app.use(async (c, next) => {
    const verdict = judge(c.req.raw, path, guard);
    if (verdict.is === 'refused') return c.text(`${verdict.reason}\n`, verdict.status);
    if (verdict.is === 'entering') {
      c.header('Set-Cookie', verdict.setCookie);
      c.header('Cache-Control', 'no-store');
      return c.redirect(path);
    }
    c.header('Cache-Control', 'no-cache');
    return next();
  });
  const withEtag = etag();
  app.get('/', withEtag, (c) => c.html(livePage(path)));
  app.get('/app.js', withEtag, (c) =>
    c.body(page.script, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
  );
  app.get('/app.css', withEtag, (c) =>
    c.body(page.style, 200, { 'Content-Type': 'text/css; charset=utf-8' }),
  );
  app.get('/metrics', (c) => c.body(metrics.text(), 200, { 'Content-Type': metrics.contentType }));
  app.get('/api/openapi.json', (c) => c.json(openApi(path)));
  app.get('/api/state', (c) => c.json(runs.stateAfter(0, clock.epochMs())));
  app.get('/api/events', (c) =>
    streamSSE(c, async (stream) => {
      const left = new AbortController();
      stream.onAbort(() => left.abort());
      const signal = AbortSignal.any([left.signal, parts.closing]);
      let version = versionAfter(c.req.header('last-event-id'), parts.instance);
      while (!signal.aborted) {
        if (version === 0 || runs.hasNewsAfter(version)) {
          const state = runs.stateAfter(version, clock.epochMs());
          version = state.version;
          const data = JSON.stringify(state);
          // Waits until it is read: what happens meanwhile is told as one.
          await stream.writeSSE({ data, event: 'state', id: `${parts.instance}.${version}` });
          await clock.sleep(leastPeriodMs + data.length / bytesOfMs, { signal }).catch(() => undefined);
        } else {
          const isSilent = await waitForNews(parts, signal);
          if (isSilent) await stream.write(': nothing new\n\n');
        }
      }
    }),
  );
  addCalls(app, parts);
  app.notFound((c) => c.text('There is nothing by this name\n', 404));

  const mount = path.slice(0, -1);
  return async (request) => {
    // Some servers take the path off, others do not.
    const url = new URL(request.url);
    if (mount === '' || (url.pathname !== mount && !url.pathname.startsWith(path)))
      return await app.fetch(request);
    url.pathname = url.pathname.slice(mount.length) || '/';
    return await app.fetch(new Request(url, request));
  };
}

function addCalls(app: Hono, { runs, clock }: AppParts): void {
  /** Finds the run that is asked for. */
  const found = (c: Context): { readonly fold: CallFold; readonly state: () => RunState } | undefined => {
    const number = Number(c.req.param('run'));
    const fold = runs.foldOf(number);
    if (fold === undefined) return undefined;
    const state = (): RunState =>
      runs.stateAfter(0, clock.epochMs()).runs.find(({ run }) => run === number) as RunState;
    return { fold, state };
  };
  const nothing = (c: Context): Response => c.json({ error: 'There is no such run' }, 404);

  app.get('/api/runs/:run', (c) => {
    const run = found(c);
    return run === undefined ? nothing(c) : c.json(run.state());
  });
  app.get('/api/runs/:run/frame', (c) => {
    const run = found(c);
    if (run === undefined) return nothing(c);
    const since = numberOf(c.req.query('since'), 0);
    return c.body(encodeFrame(run.fold.columns, since), 200, { 'Content-Type': 'application/octet-stream' });
  });
  app.get('/api/runs/:run/calls', (c) => {
    const run = found(c);
    if (run === undefined) return nothing(c);
    const { filter, sort, descending, offset, limit } = c.req.query();
    return c.json(
      callList(run.fold.columns, {
        filter,
        sort: sort === 'start' || sort === 'duration' ? sort : 'call',
        descending: descending === 'true',
        offset: numberOf(offset, 0),
        limit: Math.min(mostListed, numberOf(limit, 100)),
      }),
    );
  });
  app.get('/api/runs/:run/calls/:call', (c) => {
    const run = found(c);
    if (run === undefined) return nothing(c);
    const call = numberOf(c.req.param('call'), -1);
    const view = wholeCallView(run.fold.columns, call, run.state(), clock.epochMs());
    return view === undefined ? c.json({ error: 'There is no such call' }, 404) : c.json(view);
  });
  app.get('/api/runs/:run/failures', (c) => {
    const run = found(c);
    if (run === undefined) return nothing(c);
    const { columns } = run.fold;
    const rows: number[] = [];
    for (let row = 0; row < columns.count && rows.length < mostListed; row++)
      if (isFailed(columns.state[row] as number)) rows.push(row);
    return c.json(rows.flatMap((row) => callView(columns, row) ?? []));
  });
  app.get('/api/runs/:run/graph', (c) => {
    const run = found(c);
    if (run === undefined) return nothing(c);
    const { columns } = run.fold;
    const { nodes, edges, isGrouped } = callGraph(columns);
    const told = nodes.map(({ task, row, count }) => ({
      task: columns.tasks[task]?.name,
      ...(row < 0 ? {} : { call: row }),
      count,
    }));
    return c.json({ isGrouped, nodes: told, edges });
  });
  app.get('/api/runs/:run/critical-path', (c) => {
    const run = found(c);
    if (run === undefined) return nothing(c);
    const { columns } = run.fold;
    return c.json(criticalPath(columns).flatMap((row) => callView(columns, row) ?? []));
  });
}

/** @returns whether it was silent for so long that something has to be said */
async function waitForNews({ news, clock }: AppParts, signal: AbortSignal): Promise<boolean> {
  const woken = new AbortController();
  const stop = AbortSignal.any([signal, woken.signal]);
  const silence = clock.sleep(silenceMs, { signal: stop }).then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([silence, news.wait(stop).then(() => false)]);
  } finally {
    woken.abort();
  }
}

/** Where a stream goes on. */
function versionAfter(last: string | undefined, instance: string): number {
  const [from, version] = last?.split('.') ?? [];
  return from === instance ? numberOf(version, 0) : 0;
}

function numberOf(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : otherwise;
}
