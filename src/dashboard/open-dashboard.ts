/**
 * Opens a dashboard: a sink, and a page that shows what it hears.
 */

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../base/clock.ts';
import { HeddleError } from '../base/errors.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { once } from '../base/once.ts';
import type { Event, Sink } from '../events/event.ts';
import { openMetrics } from '../traces/metrics.ts';
import { makeApp } from './app.ts';
import { News } from './news.ts';
import { readPage } from './page-files.ts';
import { WatchedRuns } from './watched-runs.ts';

/** How a dashboard is opened. */
export interface DashboardOptions {
  /** The port; 0 for any that is free. @defaultValue `0` */
  readonly port?: number;
  /** The address to listen on. Another than this machine's own lets others in who have the token. @defaultValue `'127.0.0.1'` */
  readonly host?: string;
  /** Whether it has a server of its own. Without, give requests to `fetch`. @defaultValue `true` */
  readonly listen?: boolean;
  /**
   * What those who look have to know, at least 8 of `A-Z a-z 0-9 _ -`; `false` lets everybody look, for a server of yours
   * that has asked who it is already.
   *
   * @defaultValue a random one
   */
  readonly token?: string | false;
  /**
   * Names, besides `localhost`, by which it is asked: `build.example.org`. Addresses in numbers are always good.
   *
   * @defaultValue none; all, with `listen: false`
   */
  readonly hosts?: readonly string[];
  /** Where it lies in a server of yours: `/heddle`. @defaultValue `'/'` */
  readonly path?: string;
  /** Whether calls and values are shown in short, which takes some microseconds a call. @defaultValue `false` */
  readonly details?: boolean;
  /** How many calls are kept, of all runs together: 50 to 100 bytes each. @defaultValue 2,000,000 */
  readonly mostCalls?: number;
  /** Is told the address, as soon as it is open. @defaultValue writes a line to stderr */
  readonly onOpen?: (url: string) => void;
}

/** An open dashboard. */
export interface Dashboard extends Sink, AsyncDisposable {
  /** The address, with the token; `undefined` with `listen: false`. */
  readonly url: string | undefined;
  /** What has to be known to look; `undefined` if nothing. */
  readonly token: string | undefined;
  /** Answers a request, in a server of yours. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Stops to answer. What is open in browsers stays as it is. */
  close(): Promise<void>;
}

/** The address to listen on is taken, or not this machine's. */
export class DashboardOpenError extends HeddleError {
  override readonly name = 'DashboardOpenError';
  constructor(address: string, cause: unknown) {
    super(
      'HEDDLE_DASHBOARD_OPEN',
      `Cannot open a dashboard as nobody can listen there: received '${address}': ${String(cause)}`,
      { cause },
    );
  }
}

const known = ['port', 'host', 'listen', 'token', 'hosts', 'path', 'details', 'mostCalls', 'onOpen'];
/** Runs that are kept (arbitrary). */
const mostRuns = 100;

/**
 * Opens a dashboard, to be given to runs and pipelines as a sink. It shows them as they go on, and afterwards, to whoever
 * opens the address that it writes to stderr.
 *
 * - **Cost:** a microsecond an event or less; pages that are open cost what they are sent, at most ten times a second. None
 *   slows a run: who reads slowly is told less.
 * - **Memory:** 50 to 100 bytes a call, of at most `mostCalls`; oldest runs that have ended are forgotten first.
 * - **Who may look:** see `docs/guide/dashboard.md`. It listens to this machine alone, and asks for the token in its address.
 *   It changes nothing.
 * - **Start:** some milliseconds; what answers requests is loaded for the first of them.
 * - **Ending:** it keeps the program alive until it is closed.
 *
 * @throws {DashboardOpenError} If it cannot listen.
 * @throws {PageMissingError} If the files of the page are not beside the library.
 *
 * @example
 * ```ts
 * import { run, task } from 'heddle';
 * import { openDashboard } from 'heddle/dashboard';
 * const dashboard = await openDashboard({ onOpen: () => undefined });
 * const square = task((x: number) => x * x, { name: 'square' });
 * await run([square(1), square(2)], { sinks: dashboard });
 * const { origin } = new URL(dashboard.url as string);
 * const headers = { authorization: `Bearer ${dashboard.token}` };
 * const { runs } = await (await fetch(`${origin}/api/state`, { headers })).json() as { runs: { all: { computed: number } }[] };
 * assert.equal(runs[0]?.all.computed, 2);
 * await dashboard.close();
 * ```
 */
export async function openDashboard(options: DashboardOptions = {}): Promise<Dashboard> {
  const { port = 0, host = '127.0.0.1', listen = true, details = false, mostCalls = 2_000_000 } = options;
  const { hosts = listen ? [] : undefined } = options;
  refuseUnknownOptions(options, known, 'open a dashboard');
  const path = pathOf(options.path ?? '/');
  const token = tokenOf(options.token);
  if (!Number.isInteger(mostCalls) || mostCalls < 0)
    throw new RangeError(
      `Cannot open a dashboard as 'mostCalls' must be a whole number from 0 on: received ${inspectShort(mostCalls)}`,
    );
  const instance = randomText(6);
  const runs = new WatchedRuns(instance, listen ? commandHere() : undefined, { mostCalls, mostRuns });
  const metrics = openMetrics();
  const news = new News();
  const closing = new AbortController();
  const page = readPage();
  const server = listen ? await listening(host, port) : undefined;
  const boundTo = (server?.address() as AddressInfo | null | undefined)?.port;
  const guard = { token, hosts, cookie: `heddle-${boundTo ?? 'mounted'}` };
  const clock = systemClock;
  const parts = { runs, metrics, news, clock, page, guard, path, instance, closing: closing.signal };
  // What answers is loaded for the first one who asks: until then a run that nobody looks at does not pay for it.
  const app = once(() => makeApp(parts));
  const answer = async (request: Request): Promise<Response> =>
    closing.signal.aborted ? new Response('Closed\n', { status: 503 }) : await (await app())(request);
  if (server !== undefined) answerWith(server, answer);
  const shownHost =
    host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  const url =
    boundTo === undefined
      ? undefined
      : `http://${shownHost}:${boundTo}${path}${token === undefined ? '' : `?token=${token}`}`;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeAll(server, closing));
  const { onOpen = (at: string) => void process.stderr.write(`heddle dashboard: ${at}\n`) } = options;
  if (url !== undefined) onOpen(url);
  return {
    url,
    token,
    details,
    graph: true,
    emit(event: Event) {
      // Nobody would ever see it.
      if (closing.signal.aborted) return;
      runs.add(event);
      metrics.emit(event);
      news.tell();
    },
    fetch: answer,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function listening(host: string, port: number): Promise<Server> {
  const { createServer } = process.getBuiltinModule('node:http');
  const server = createServer();
  try {
    const opened = process.getBuiltinModule('node:events').once(server, 'listening');
    server.listen(port, host);
    await opened;
    return server;
  } catch (cause) {
    throw new DashboardOpenError(`${host}:${port}`, cause);
  }
}

function answerWith(server: Server, answer: Dashboard['fetch']): void {
  const listener = once(async () => {
    const { getRequestListener } = await import('@hono/node-server');
    return getRequestListener(answer, { overrideGlobalObjects: false });
  });
  server.on('request', (request, response) => {
    listener().then(
      (listen) => listen(request, response),
      // A bundle may have left the server's packages behind.
      (error: unknown) => response.writeHead(500, { 'Content-Type': 'text/plain' }).end(`${String(error)}\n`),
    );
  });
}

async function closeAll(server: Server | undefined, closing: AbortController): Promise<void> {
  closing.abort();
  if (server === undefined) return;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function tokenOf(token: string | false | undefined): string | undefined {
  if (token === false) return undefined;
  if (token === undefined) return randomText(18);
  if (typeof token === 'string' && /^[\w-]{8,}$/.test(token)) return token;
  throw new TypeError(
    `Cannot open a dashboard as 'token' must be at least 8 of A-Z a-z 0-9 _ -: received ${typeof token === 'string' ? `${token.length} characters` : inspectShort(token)}`,
  );
}

function pathOf(path: string): string {
  if (/^\/(?:[\w.~-]+\/?)*$/.test(path)) return path.endsWith('/') ? path : `${path}/`;
  throw new TypeError(
    `Cannot open a dashboard as 'path' must be a path such as '/heddle': received ${inspectShort(path)}`,
  );
}

function randomText(bytes: number): string {
  return process.getBuiltinModule('node:crypto').randomBytes(bytes).toString('base64url');
}

/** How this program was started, as one types it. */
function commandHere(): string {
  const { basename, relative } = process.getBuiltinModule('node:path');
  const [, script = '', ...args] = process.argv;
  const words = [basename(process.execPath), ...process.execArgv, relative(process.cwd(), script), ...args];
  return words
    .map((word) => (/^[\w./:=@%+,#-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
