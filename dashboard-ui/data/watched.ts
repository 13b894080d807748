/**
 * All that the page shows, as signals: kept up to date from a server, or read from the file that the page is in.
 */

import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { unpackReport } from '../../src/observe/calls/report-pack.ts';
import type { PipelineSnapshot } from '../../src/observe/pipeline-watch.ts';
import type { WatchedState } from '../../src/observe/watched-state.ts';
import { route, shownRun } from '../route.ts';
import { WatchedRun } from './watched-run.ts';

/** Whether what is shown is still told. */
export type Connection = 'loading' | 'live' | 'lost' | 'refused' | 'report';

/** What there is. */
export class Watched {
  readonly runs: Signal<ReadonlyMap<number, WatchedRun>> = signal(new Map());
  readonly pipelines: Signal<ReadonlyMap<number, PipelineSnapshot>> = signal(new Map());
  readonly connection: Signal<Connection> = signal('loading');
  /** How the program was started. */
  readonly command: Signal<string | undefined> = signal(undefined);
  /** The run that is shown: the one of the address, or the last. */
  readonly current: ReadonlySignal<WatchedRun | undefined> = computed(
    () => this.runs.value.get(route.value.run ?? -1) ?? [...this.runs.value.values()].at(-1),
  );
  #instance: string | undefined;
  #toldAtMs = 0;
  #heardAtMs = 0;
  #isAsking = false;
  #wantsFrame = false;

  constructor() {
    effect(() => {
      shownRun.value = this.current.value?.run;
    });
  }

  /** Milliseconds since the Unix epoch, by the clock of the program that is watched. */
  nowMs(): number {
    const passedMs = this.connection.value === 'live' ? performance.now() - this.#heardAtMs : 0;
    return this.#toldAtMs + passedMs;
  }

  /** Listens to the server that the page is from. */
  listen(): void {
    const events = new EventSource('api/events');
    events.addEventListener('state', (event: MessageEvent<string>) => {
      this.#hear(JSON.parse(event.data) as WatchedState);
      this.connection.value = 'live';
      this.#ask();
    });
    events.addEventListener('error', () => {
      this.connection.value = 'lost';
      // The browser tries again by itself, unless it was told to go.
      if (events.readyState === EventSource.CLOSED) void this.#findOut();
    });
    document.addEventListener('visibilitychange', () => this.#ask());
    route.subscribe(() => this.#ask());
  }

  /** Shows what is in the file. */
  async open(base64: string): Promise<void> {
    const zipped = bytesOf(base64);
    const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream('gzip'));
    const { state, frames } = unpackReport(new Uint8Array(await new Response(stream).arrayBuffer()));
    this.#hear(state);
    this.connection.value = 'report';
    // The sums are seen before the calls are read.
    await new Promise((resolve) => setTimeout(resolve, 0));
    for (const [run, frame] of frames) {
      this.runs.value.get(run)?.apply(frame);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  #hear(state: WatchedState): void {
    if (this.#instance !== undefined && this.#instance !== state.instance) {
      // Another program: nothing of the old one is so any more.
      this.runs.value = new Map();
      this.pipelines.value = new Map();
    }
    this.#instance = state.instance;
    this.#toldAtMs = state.nowMs;
    this.#heardAtMs = performance.now();
    this.command.value = state.command;
    const known = new Set(state.known);
    const runs = new Map([...this.runs.value].filter(([run]) => known.has(run)));
    let isOther = runs.size !== this.runs.value.size;
    for (const told of state.runs) {
      const run = runs.get(told.run);
      if (run === undefined) {
        runs.set(told.run, new WatchedRun(told));
        isOther = true;
      } else run.state.value = told;
    }
    if (isOther) this.runs.value = runs;
    const pipelines = new Map([...this.pipelines.value].filter(([run]) => known.has(run)));
    for (const told of state.pipelines) pipelines.set(told.run, told);
    if (state.pipelines.length > 0 || pipelines.size !== this.pipelines.value.size)
      this.pipelines.value = pipelines;
    this.#wantsFrame = true;
  }

  /** Asks what the calls of the shown run do, if it may have changed; one question at a time. */
  #ask(): void {
    const run = this.current.value;
    if (run === undefined || this.#isAsking || document.hidden) return;
    if (!this.#wantsFrame && run.since > 0) return;
    this.#isAsking = true;
    this.#wantsFrame = false;
    void fetch(`api/runs/${run.run}/frame?since=${run.since}`)
      .then(async (answer) => {
        if (answer.ok) run.apply(new Uint8Array(await answer.arrayBuffer()));
      })
      // The stream tells that the connection is lost.
      .catch(() => undefined)
      .finally(() => {
        this.#isAsking = false;
        if (this.#wantsFrame || this.current.value !== run) this.#ask();
      });
  }

  async #findOut(): Promise<void> {
    const answer = await fetch('api/state').catch(() => undefined);
    if (answer?.status === 401 || answer?.status === 403) this.connection.value = 'refused';
  }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

export const watched: Watched = new Watched();
