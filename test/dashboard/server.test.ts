/** The server of the dashboard: whom it lets in, what it tells, and that nobody who reads slowly holds anything up. */

import { once } from 'node:events';
import { request } from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { readPage } from '../../src/dashboard/page-files.ts';
import { type Dashboard, type DashboardOptions, openDashboard } from '../../src/dashboard.ts';
import type { Event } from '../../src/events/event.ts';
import { gatherAll, openPipeline, run, stage, task } from '../../src/index.ts';
import { CallColumns } from '../../src/observe/calls/call-columns.ts';
import { applyFrame } from '../../src/observe/calls/call-frame.ts';
import type { WatchedState } from '../../src/observe/watched-state.ts';
import { build } from '../../tools/build.ts';
import { ProgramFolder } from '../fixtures/run-program.ts';

const limitMs = 30_000;

beforeAll(() => {
  const { built, output } = build();
  if (!built) throw new Error(output);
}, 120_000);

async function open(options: DashboardOptions = {}): Promise<Dashboard & { readonly origin: string }> {
  const dashboard = await openDashboard({ onOpen: () => undefined, ...options });
  return { ...dashboard, origin: dashboard.url === undefined ? '' : new URL(dashboard.url).origin };
}

/** Gets as a program that knows the token. */
async function get(dashboard: Dashboard & { readonly origin: string }, path: string): Promise<Response> {
  return await fetch(`${dashboard.origin}${path}`, {
    headers: { authorization: `Bearer ${dashboard.token}` },
  });
}

const square = task((x: number) => x * x, { name: 'square' });
const fail = task(
  (): number => {
    throw new RangeError('no');
  },
  { name: 'fail', retries: 1 },
);

/** Reads messages of a stream, one by one. */
async function* messagesOf(answer: Response): AsyncGenerator<{ id: string; state: WatchedState }> {
  let text = '';
  for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string): string | undefined =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field('data');
      if (data !== undefined) yield { id: field('id') ?? '', state: JSON.parse(data) as WatchedState };
    }
  }
}

describe('who may look', { timeout: limitMs }, () => {
  /** Asks with any headers, as browsers and their enemies do. */
  async function ask(
    url: string,
    headers: Readonly<Record<string, string>>,
    method = 'GET',
  ): Promise<{
    readonly status: number;
    readonly headers: NodeJS.Dict<string | string[]>;
    readonly text: string;
  }> {
    const asked = request(url, { method, headers });
    asked.end();
    const [answer] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
    let text = '';
    for await (const piece of answer) text += String(piece);
    return { status: answer.statusCode ?? 0, headers: answer.headers, text };
  }

  test('only who knows the token: as a cookie, from its address, or as a bearer', async () => {
    await using dashboard = await open();
    const { origin, token, url } = dashboard;
    expect((await ask(`${origin}/`, {})).status).toBe(401);
    expect((await ask(`${origin}/api/state`, {})).status).toBe(401);
    expect((await ask(`${origin}/app.js`, {})).status).toBe(401);
    expect((await ask(`${origin}/?token=${token!.slice(1)}x`, {})).status).toBe(401);
    expect((await ask(`${origin}/api/state`, { authorization: 'Bearer wrong-token' })).status).toBe(401);
    expect((await ask(`${origin}/api/state`, { authorization: `Bearer ${token}` })).status).toBe(200);
    const entered = await ask(url!, {});
    expect(entered.status).toBe(302);
    expect(entered.headers.location).toBe('/');
    const [cookie = ''] = entered.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/; HttpOnly; SameSite=Lax$/);
    const page = await ask(`${origin}/`, { cookie: `other=1; ${cookie.split(';')[0]}` });
    expect(page.status).toBe(200);
    expect(page.text).toContain('<script type="module" src="app.js">');
    expect(page.text).not.toContain(token!);
  });

  test.for([
    ['a name that was made to point here', { host: 'evil.example:PORT' }, 403],
    ['a name that looks like an address', { host: '127.0.0.1.evil.example:PORT' }, 403],
    ['another page', { origin: 'https://evil.example' }, 403],
    ['a page without an origin', { origin: 'null' }, 403],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }, 403],
    [
      'a script of another port',
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
      403,
    ],
    [
      'a frame',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      403,
    ],
    [
      'a link from anywhere',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      200,
    ],
    ['its own page', { origin: 'http://127.0.0.1:PORT', 'sec-fetch-site': 'same-origin' }, 200],
    ['localhost', { host: 'localhost:PORT' }, 200],
    ['an address in numbers', { host: '[::1]:PORT' }, 200],
  ] as const)('asked by %s', async ([, headers, status]) => {
    await using dashboard = await open();
    const { port } = new URL(dashboard.url!);
    const sent = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', port)]),
    );
    const answer = await ask(`${dashboard.origin}/`, { authorization: `Bearer ${dashboard.token}`, ...sent });
    expect(answer.status).toBe(status);
  });

  test('names that were given are good', async () => {
    await using dashboard = await open({ hosts: ['Build.example.org'] });
    const headers = { authorization: `Bearer ${dashboard.token}`, host: 'build.example.org' };
    expect((await ask(`${dashboard.origin}/`, headers)).status).toBe(200);
  });

  test('nothing can be changed', async () => {
    await using dashboard = await open();
    const headers = { authorization: `Bearer ${dashboard.token}` };
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      expect((await ask(`${dashboard.origin}/api/state`, headers, method)).status).toBe(405);
  });

  test('the page may load nothing from elsewhere, nor be in a frame', async () => {
    await using dashboard = await open({ token: false });
    const { headers } = await ask(`${dashboard.origin}/`, {});
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['x-frame-options']).toBe('DENY');
  });

  test('files that the browser has are not sent again', async () => {
    await using dashboard = await open({ token: false });
    const { headers } = await ask(`${dashboard.origin}/app.js`, {});
    const again = await ask(`${dashboard.origin}/app.js`, { 'if-none-match': String(headers.etag) });
    expect([again.status, again.text]).toEqual([304, '']);
  });
});

describe('what is told', { timeout: limitMs }, () => {
  test('runs, calls and failures, as JSON', async () => {
    await using dashboard = await open({ details: true });
    await run(gatherAll([square(2), square(3)]), { sinks: dashboard });
    await run(square(fail() as never), { sinks: dashboard }).catch(() => undefined);
    const state = (await (await get(dashboard, '/api/state')).json()) as WatchedState;
    expect(state.runs.map(({ is, all }) => [is, all.computed, all.failed, all.skipped, all.waiting])).toEqual(
      [
        ['success', 2, 0, 0, 0],
        ['failure', 0, 1, 1, 0],
      ],
    );
    const [first, second] = state.runs.map(({ run: number }) => number);
    const calls = await (
      await get(dashboard, `/api/runs/${first}/calls?filter=square&descending=true`)
    ).json();
    expect(calls).toMatchObject({
      total: 2,
      calls: [
        { shown: 'square(3)', value: '9', state: 'computed', attempts: 1 },
        { shown: 'square(2)', value: '4' },
      ],
    });
    const failures = (await (await get(dashboard, `/api/runs/${second}/failures`)).json()) as {
      call: number;
    }[];
    expect(failures).toMatchObject([
      {
        task: 'fail',
        failures: [
          { attempt: 1, reason: 'threw' },
          { attempt: 2, summary: 'RangeError: no' },
        ],
      },
    ]);
    const call = await (await get(dashboard, `/api/runs/${second}/calls/${failures[0]!.call}`)).json();
    expect(call).toMatchObject({ needs: [], dependents: [expect.any(Number)] });
    for (const path of ['/api/runs/1e9', `/api/runs/${first}/calls/999`, '/nothing'])
      expect((await get(dashboard, path)).status).toBe(404);
  });

  test('frames of calls, which bring columns to what they are', async () => {
    await using dashboard = await open();
    await run(gatherAll(Array.from({ length: 50 }, (_, x) => square(x))), { sinks: dashboard });
    const { runs } = (await (await get(dashboard, '/api/state')).json()) as WatchedState;
    const answer = await get(dashboard, `/api/runs/${runs[0]!.run}/frame?since=0`);
    const columns = new CallColumns();
    const since = applyFrame(columns, new Uint8Array(await answer.arrayBuffer()));
    expect(columns.count).toBe(51);
    const next = await get(dashboard, `/api/runs/${runs[0]!.run}/frame?since=${since}`);
    expect((await next.arrayBuffer()).byteLength).toBeLessThan(300);
  });

  test('pipelines, and counts for Prometheus', async () => {
    await using dashboard = await open();
    const pipeline = openPipeline([stage((x: number) => x, { inMaster: true })], {
      sinks: dashboard,
    });
    await pipeline.apply([1, 2, 3]).toArray();
    await pipeline.dispose();
    const { pipelines } = (await (await get(dashboard, '/api/state')).json()) as WatchedState;
    expect(pipelines).toMatchObject([{ is: 'success', stages: [{ taken: 3 }] }]);
    const metrics = await get(dashboard, '/metrics');
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await metrics.text()).toContain('heddle_stage_items_total{stage="anonymous"} 3');
  });

  test('all that its description says, in the form that it says', async () => {
    await using dashboard = await open({ details: true });
    await run(gatherAll([square(2), square(3)]), { sinks: dashboard });
    await run(square(fail() as never), { sinks: dashboard }).catch(() => undefined);
    const pipeline = openPipeline([stage((x: number) => x, { inMaster: true })], { sinks: dashboard });
    await pipeline.apply([1]).toArray();
    await pipeline.dispose();
    const { runs } = (await (await get(dashboard, '/api/state')).json()) as WatchedState;
    const document = (await (await get(dashboard, '/api/openapi.json')).json()) as Description;
    const paths = Object.entries(document.paths);
    expect(paths.length).toBeGreaterThan(8);
    for (const [path, { get: described }] of paths) {
      const schema = described.responses['200'].content['application/json']?.schema;
      for (const { run: number } of runs) {
        const real = path.replace('{run}', String(number)).replace('{call}', '0');
        if (path === '/api/events') continue;
        const answer = await get(dashboard, real);
        expect([real, answer.status]).toEqual([real, 200]);
        const faults = schema === undefined ? [] : faultsOf(await answer.json(), schema, document);
        expect([real, faults]).toEqual([real, []]);
      }
    }
  });

  test('the last runs, if there are more calls than are kept', async () => {
    await using dashboard = await open({ mostCalls: 100 });
    for (let at = 0; at < 6; at++)
      await run(gatherAll(Array.from({ length: 20 }, (_, x) => square(x))), { sinks: dashboard });
    await run(gatherAll(Array.from({ length: 200 }, (_, x) => square(x))), { sinks: dashboard });
    const { runs, known } = (await (await get(dashboard, '/api/state')).json()) as WatchedState;
    expect(runs.length).toBeLessThan(5);
    expect(known).toEqual(runs.map(({ run: number }) => number));
    const last = runs.at(-1)!;
    expect(last.all.computed).toBe(200);
    expect(last.calls + last.dropped).toBe(201);
    expect(runs.reduce((sum, { calls }) => sum + calls, 0)).toBeLessThanOrEqual(100);
  });
});

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly $ref?: string;
}
interface Description {
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly get: {
          readonly responses: {
            readonly 200: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
          };
        };
      }
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Where a value is not what a schema says, or has more than it says. */
function faultsOf(value: unknown, schema: Schema, document: Description, at = ''): string[] {
  if (schema.$ref !== undefined) {
    const named = document.components.schemas[schema.$ref.split('/').at(-1)!];
    return named === undefined ? [`${at}: no ${schema.$ref}`] : faultsOf(value, named, document, at);
  }
  if (schema.enum !== undefined) return schema.enum.includes(value) ? [] : [`${at}: ${String(value)}`];
  if (schema.type === 'array')
    return Array.isArray(value)
      ? value.flatMap((one, index) => faultsOf(one, schema.items!, document, `${at}/${index}`))
      : [`${at}: no array`];
  if (schema.type === 'object') {
    if (typeof value !== 'object' || value === null) return [`${at}: no object`];
    const missing = schema
      .required!.filter((name) => !(name in value))
      .map((name) => `${at}/${name}: missing`);
    return missing.concat(
      ...Object.entries(value).map(([name, one]) => {
        const property = schema.properties![name];
        return property === undefined
          ? [`${at}/${name}: not described`]
          : faultsOf(one, property, document, `${at}/${name}`);
      }),
    );
  }
  const fits = schema.type === 'integer' ? Number.isInteger(value) : typeof value === schema.type;
  return fits ? [] : [`${at}: ${String(value)} is no ${schema.type}`];
}

/** A run of so many tasks, that has only begun. */
function begin(dashboard: Dashboard, number: number, tasks: number): void {
  const fact = { run: number, atMs: performance.timeOrigin };
  dashboard.emit({ kind: 'run-started', ...fact, executor: 'threads', slots: 2 });
  for (let at = 0; at < tasks; at++)
    dashboard.emit({ kind: 'calls-added', ...fact, task: `task ${at}`, count: 1, builtin: false });
}

function start(dashboard: Dashboard, number: number, call: number): void {
  const event: Event = {
    kind: 'call-started',
    run: number,
    atMs: performance.timeOrigin + call,
    call,
    task: 'task 0',
    builtin: false,
    text: undefined,
    confirm: false,
    attempt: 1,
  };
  dashboard.emit(event);
}

describe('the stream', { timeout: limitMs }, () => {
  const headersOf = (dashboard: Dashboard): Record<string, string> => ({
    authorization: `Bearer ${dashboard.token}`,
  });

  test('goes on after the last message that was heard, with what has changed since', async () => {
    await using dashboard = await open();
    begin(dashboard, 1, 1);
    begin(dashboard, 2, 1);
    const headers = headersOf(dashboard);
    const away = new AbortController();
    const first = messagesOf(await fetch(`${dashboard.origin}/api/events`, { headers, signal: away.signal }));
    const heard = (await first.next()).value as { id: string; state: WatchedState };
    expect(heard.state.runs.map(({ run: number }) => number)).toEqual([1, 2]);
    away.abort();
    start(dashboard, 2, 0);
    const again = messagesOf(
      await fetch(`${dashboard.origin}/api/events`, { headers: { ...headers, 'last-event-id': heard.id } }),
    );
    const next = (await again.next()).value as { id: string; state: WatchedState };
    expect(next.state.runs.map(({ run: number, all }) => [number, all.running])).toEqual([[2, 1]]);
    expect(next.state.version).toBeGreaterThan(heard.state.version);
    // Of another program nothing is known.
    const other = messagesOf(
      await fetch(`${dashboard.origin}/api/events`, { headers: { ...headers, 'last-event-id': 'other.7' } }),
    );
    const all = (await other.next()).value as { state: WatchedState };
    expect(all.state.runs).toHaveLength(2);
  });

  test('tells who reads slowly less, and then what is so: nothing waits for him', async () => {
    await using dashboard = await open({ listen: false });
    begin(dashboard, 1, 1);
    const listen = async (): Promise<AsyncGenerator<{ state: WatchedState }>> => {
      const asked = new Request('http://localhost/api/events', { headers: headersOf(dashboard) });
      return messagesOf(await dashboard.fetch(asked));
    };
    const slow = await listen();
    const quick = await listen();
    let changes = 0;
    for await (const { state } of quick) {
      expect(state.runs[0]!.all.running).toBe(changes);
      if (changes === 8) break;
      start(dashboard, 1, changes++);
    }
    const heard: number[] = [];
    for await (const { state } of slow) {
      heard.push(state.runs[0]!.all.running);
      if (heard.at(-1) === changes) break;
    }
    // What he had before him when he stopped to read, and what is so.
    expect(heard.length).toBeLessThanOrEqual(4);
  });

  test('ends when the dashboard is closed, which leaves nothing behind', async () => {
    using folder = new ProgramFolder({
      'main.js': `
        import { openDashboard } from 'heddle/dashboard';
        import { run, task } from 'heddle';
        const dashboard = await openDashboard();
        const { origin } = new URL(dashboard.url);
        const answer = await fetch(origin + '/api/events', { headers: { authorization: 'Bearer ' + dashboard.token } });
        await run(task((x) => x)(1), { sinks: dashboard });
        const reader = answer.body.getReader();
        await reader.read();
        await dashboard.close();
        await dashboard.close();
        for (let ended = false; !ended; ) ended = (await reader.read().catch(() => ({ done: true }))).done;
        console.log('closed');
      `,
    });
    // It ends by itself: nothing keeps it alive.
    const { stdout, stderr, code } = await folder.run('main.js');
    expect({ stdout, code }).toEqual({ stdout: 'closed\n', code: 0 });
    expect(stderr).toMatch(/^heddle dashboard: http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{24}\n$/);
  });
});

describe('in a server of the user', { timeout: limitMs }, () => {
  test('it answers below its path, whether the server takes that off or not', async () => {
    const dashboard = await open({ listen: false, path: '/tools/heddle' });
    expect(dashboard.url).toBeUndefined();
    const headers = { authorization: `Bearer ${dashboard.token}` };
    const status = async (url: string): Promise<number> =>
      (await dashboard.fetch(new Request(url, { headers }))).status;
    expect(await status('https://example.org/tools/heddle/api/state')).toBe(200);
    expect(await status('https://example.org/tools/heddle')).toBe(200);
    expect(await status('https://example.org/api/state')).toBe(200);
    expect(await status('https://example.org/tools/heddlewick/api/state')).toBe(404);
    const page = await dashboard.fetch(new Request('https://example.org/', { headers }));
    expect(await page.text()).toContain('<base href="/tools/heddle/">');
    const entered = await dashboard.fetch(new Request(`https://example.org/?token=${dashboard.token}`));
    expect(entered.headers.get('set-cookie')).toMatch(
      /^heddle-mounted=.*; Path=\/tools\/heddle\/; HttpOnly; SameSite=Lax; Secure$/,
    );
    await dashboard.close();
  });

  test('without a token it leaves to that server who may look', async () => {
    await using dashboard = await open({ listen: false, token: false });
    expect(dashboard.token).toBeUndefined();
    const ask = (): Promise<Response> => dashboard.fetch(new Request('https://example.org/api/state'));
    expect((await ask()).status).toBe(200);
    await dashboard.close();
    expect((await ask()).status).toBe(503);
  });
});

describe('openDashboard()', { timeout: limitMs }, () => {
  test('tells of an address that is taken', async () => {
    await using dashboard = await open();
    const { port } = new URL(dashboard.url!);
    await expect(open({ port: Number(port) })).rejects.toMatchObject({
      code: 'HEDDLE_DASHBOARD_OPEN',
      message: expect.stringMatching(
        /^Cannot open a dashboard as nobody can listen there: received '127\.0\.0\.1:\d+'/,
      ),
    });
  });

  test('tells where the page is not, as in a bundle that left it behind', () => {
    expect(() => readPage('file:///none/program.js')).toThrow(
      /^Cannot show a dashboard as its page is not there: received '\/none\/dashboard-ui\/'\n {2}A bundle/,
    );
  });

  test.for([
    [{ token: 'short' }, /'token' must be at least 8 of .*: received 5 characters$/],
    [{ token: 'semicolon;x' }, /'token' must be/],
    [{ path: 'heddle' }, /'path' must be a path such as '\/heddle': received 'heddle'$/],
    [{ mostCalls: -1 }, /'mostCalls' must be a whole number from 0 on: received -1$/],
    [{ prot: 1 }, /there is no option 'prot'/],
  ] as const)('refuses %j', async ([options, message]) => {
    await expect(openDashboard(options as DashboardOptions)).rejects.toThrow(message);
  });
});
