/**
 * The description of the JSON interface, as OpenAPI 3.1.
 */

import { version } from '../base/version.ts';
import { stateLooks } from '../observe/calls/call-state.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly required?: true;
  readonly schema: unknown;
}

const number = { type: 'number' };
const whole = { type: 'integer' };
const text = { type: 'string' };
const run: Parameter = {
  name: 'run',
  in: 'path',
  required: true,
  description: 'Number of the run.',
  schema: whole,
};
const call: Parameter = {
  name: 'call',
  in: 'path',
  required: true,
  description: 'Number of the call.',
  schema: whole,
};

/** Makes the description. @param path - where the dashboard lies */
export function openApi(path: string): unknown {
  return {
    openapi: '3.1.0',
    info: {
      title: 'heddle dashboard',
      version,
      description: 'What a dashboard shows. It is for reading alone. Times end in `Ms`.',
    },
    servers: [{ url: path }],
    security: [{ token: [] }],
    paths: {
      '/api/state': get('All runs and pipelines.', [], json(ref('State'))),
      '/api/events': get(
        'Tells what has changed, at most ten times a second: server-sent events named `state`.',
        [{ name: 'Last-Event-ID', in: 'header', description: 'Where to go on.', schema: text }],
        { 'text/event-stream': { schema: ref('State') } },
      ),
      '/api/runs/{run}': get('A run.', [run], json(ref('Run'))),
      '/api/runs/{run}/frame': get(
        'What has changed in the calls of a run since a revision, as columns; see docs/formats/frames.md.',
        [run, query('since', 'The revision of the frame before; 0 for all.', whole)],
        { 'application/octet-stream': {} },
      ),
      '/api/runs/{run}/calls': get(
        'Calls of a run.',
        [
          run,
          query('filter', 'Words: `add failed`, `task:fit ms>500`.', text),
          query('sort', 'By what.', { enum: ['call', 'start', 'duration'], default: 'call' }),
          query('descending', 'The other way round.', { type: 'boolean', default: false }),
          query('offset', 'How many are left out.', { ...whole, default: 0 }),
          query('limit', 'How many are told.', { ...whole, default: 100, maximum: 10_000 }),
        ],
        json(object({ total: whole, calls: list(ref('Call')) })),
      ),
      '/api/runs/{run}/calls/{call}': get('All of a call.', [run, call], json(ref('WholeCall'))),
      '/api/runs/{run}/failures': get('Calls that failed.', [run], json(list(ref('Call')))),
      '/api/runs/{run}/critical-path': get(
        'The calls that the time of the run went to, first to last.',
        [run],
        json(list(ref('Call'))),
      ),
      '/api/runs/{run}/graph': get(
        'The graph: of calls, or of tasks if they are many.',
        [run],
        json(
          object({
            isGrouped: { type: 'boolean' },
            nodes: list(object({ task: text, call: whole, count: whole }, ['task', 'count'])),
            edges: list(object({ from: whole, to: whole, count: whole })),
          }),
        ),
      ),
      '/metrics': get('Counts for Prometheus.', [], { 'text/plain': { schema: text } }),
    },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: {
        State: object(
          {
            instance: text,
            version: whole,
            nowMs: number,
            command: text,
            known: list(whole),
            runs: list(ref('Run')),
            pipelines: list(ref('Pipeline')),
          },
          ['instance', 'version', 'nowMs', 'known', 'runs', 'pipelines'],
        ),
        Run: object(
          {
            run: whole,
            executor: text,
            slots: whole,
            startedAtMs: number,
            settledAtMs: number,
            is: { enum: ['running', 'success', 'failure', 'cancelled'] },
            failure: ref('Failure'),
            all: ref('Task'),
            tasks: list(ref('Task')),
            calls: whole,
            dropped: whole,
          },
          ['run', 'executor', 'startedAtMs', 'is', 'all', 'tasks', 'calls', 'dropped'],
        ),
        Task: object(
          {
            task: text,
            waiting: whole,
            running: whole,
            computed: whole,
            retrieved: whole,
            attached: whole,
            failed: whole,
            skipped: whole,
            total: whole,
            settled: whole,
            ranMs: number,
            longestMs: number,
            perSecond: number,
            timeLeftMs: number,
          },
          ['task', 'waiting', 'running', 'total', 'settled', 'perSecond'],
        ),
        Failure: object(
          { attempt: whole, reason: text, summary: text, lane: whole, startMs: number, endMs: number },
          ['reason', 'summary'],
        ),
        Call: object(callFields, callAlways),
        WholeCall: object({ ...callFields, needs: list(whole), dependents: list(whole), why: text }, [
          ...callAlways,
          'needs',
          'dependents',
        ]),
        Pipeline: object(
          {
            run: whole,
            startedAtMs: number,
            settledAtMs: number,
            is: { enum: ['running', 'success', 'failure', 'cancelled'] },
            failure: ref('Failure'),
            inputs: whole,
            stages: list(
              object({
                name: text,
                where: { enum: ['workers', 'own-worker', 'here'] },
                workers: whole,
                taken: whole,
                given: whole,
                waiting: whole,
                busyMs: number,
                perSecond: number,
                busy: number,
              }),
            ),
            bottleneck: object({ is: { enum: ['stage', 'inputs', 'results'] }, stage: whole }, ['is']),
          },
          ['run', 'startedAtMs', 'is', 'inputs', 'stages'],
        ),
      },
    },
  };
}

const callFields = {
  call: whole,
  task: text,
  builtin: { type: 'boolean' },
  state: { enum: stateLooks.map(({ name }) => name) },
  attempts: whole,
  lane: whole,
  addedMs: number,
  startMs: number,
  endMs: number,
  durationMs: number,
  text,
  shown: text,
  value: text,
  note: text,
  done: number,
  total: number,
  failures: { type: 'array', items: { $ref: '#/components/schemas/Failure' } },
};
const callAlways = ['call', 'task', 'builtin', 'state', 'attempts', 'failures'];

function get(description: string, parameters: readonly Parameter[], content: unknown): unknown {
  const responses = {
    200: { description, content },
    401: { description: 'The token is missing.' },
    ...(parameters.some((parameter) => parameter.in === 'path')
      ? { 404: { description: 'It is not there.' } }
      : {}),
  };
  return { get: { summary: description, parameters, responses } };
}

function query(name: string, description: string, schema: unknown): Parameter {
  return { name, in: 'query', description, schema };
}

function json(schema: unknown): unknown {
  return { 'application/json': { schema } };
}

function list(items: unknown): unknown {
  return { type: 'array', items };
}

function object(properties: Readonly<Record<string, unknown>>, required = Object.keys(properties)): unknown {
  return { type: 'object', properties, required };
}

function ref(name: string): unknown {
  return { $ref: `#/components/schemas/${name}` };
}
