/**
 * Runs the calls that come from the host, one at a time and in order, and answers each exactly once.
 *
 * Answers travel together: a batch is answered when it ends, and in parts while it takes long. Calls of
 * synchronous functions are run without a promise between them.
 */

import { inScope, Scope } from '../../allocation/scopes.ts';
import { isPromiseLike } from '../../base/promise-like.ts';
import { setRelay } from '../../base/relay.ts';
import { BatchScan } from '../../codec/batch-scan.ts';
import { type Movable, movedWithAll } from '../../codec/moved.ts';
import { NotCloneableError, type Packed } from '../../codec/pack.ts';
import type { CallEvent } from '../../task/call-event.ts';
import { RunningCall, setCurrentCall } from '../../task/current-call.ts';
import type { FailureReason } from '../../task/outcome.ts';
import type { TaskCore, TaskModule } from '../../task/task-core.ts';
import type { Border } from '../border.ts';
import type { WorkerClaims } from '../claims.ts';
import type {
  BatchMessage,
  HostMessage,
  OutcomesMessage,
  SentMessage,
  SettingsMessage,
  StateMessage,
} from '../protocol.ts';
import { checkSources } from './check-sources.ts';
import { HostRelay } from './host-relay.ts';
import { inJobDir } from './job-dir.ts';
import { loadCodecs, loadTask } from './load-task.ts';
import { type GivenData, WorkerReferences } from './worker-references.ts';
import { WorkerState } from './worker-state.ts';

/** A batch that takes longer is answered in parts, in milliseconds. Arbitrary: what a user does not notice. */
const answerEveryMs = 1;
/** After how many calls the clock is looked at; a power of two. */
const callsPerLook = 8;
/** How often calls tell at most how far they are, in milliseconds. Arbitrary: what a display shows. */
const reportEveryMs = 50;

/** Where a task is found, and what must be found there. */
interface AskedModule extends TaskModule {
  readonly sources?: BatchMessage['sources'];
}

export interface BatchRunnerParts {
  readonly border: Border;
  /** Shared with the host; `undefined` where memory cannot be shared. */
  readonly claims: WorkerClaims | undefined;
  /** Sends an answer. It throws if the answer cannot be cloned. */
  post(message: SentMessage, moves?: readonly Movable[]): void;
  /** Milliseconds from a fixed point. */
  nowMs(): number;
  /** How much memory this worker takes. */
  memoryBytes(): number;
}

export class BatchRunner {
  readonly #parts: BatchRunnerParts;
  readonly #relay: HostRelay;
  /** Tasks by the numbers that the host gave them. */
  readonly #tasks: (TaskCore | undefined)[] = [];
  readonly #modules: AskedModule[] = [];
  readonly #batches: BatchMessage[] = [];
  readonly #state = new WorkerState();
  /** Why nothing can be run here. */
  #broken: Failed | undefined;
  /** The state, or codecs, while they are being made ready. */
  #building: Promise<void> | undefined;
  #isRunning = false;
  #settings: SettingsMessage | undefined;
  /** Large data, where it does not travel in messages. */
  #references: WorkerReferences | undefined;
  /** The data that was read for the calls of the batch, where there was any. */
  #given: (GivenData | undefined)[] | undefined;
  /** When a call told last how far it is. */
  #lastReportMs = 0;
  /** Outcomes that have not been sent. */
  #values: unknown[] = [];
  #failures: (readonly [number, FailureReason])[] | undefined;
  /** Positions of calls that were left out. */
  #skipped: number[] | undefined;
  #lastPostMs = 0;
  /** Of outcomes that have not been sent, when each call began and ended, if that was asked for. */
  #times: number[] | undefined;
  #beganMs = 0;
  /** Numbers of calls that must not be started any more, where there are no claims to say so. */
  readonly #givenUp = new Set<number>();
  /** The number of the call that runs. */
  #number = -1;
  /** The call that runs, if its function has asked for it. */
  #running: RunningCall | undefined;
  /** Name of the task that runs, for messages. */
  #name = '';

  constructor(parts: BatchRunnerParts) {
    this.#parts = parts;
    this.#relay = new HostRelay((data) => parts.post({ kind: 'relayed', data }));
    setRelay(this.#relay);
    // One call runs at a time, so whoever asks is the one that runs.
    setCurrentCall(() => {
      const call = this.#number;
      this.#running ??= new RunningCall(this.#name, {
        listens: () => this.#parts.claims?.listen(call),
        told: (event) => this.#tell(call, event),
      });
      return this.#running;
    });
  }

  /**
   * Takes whatever the host sends.
   *
   * @param exit - ends this worker. Unlike being terminated, that sends on what calls have printed.
   */
  receive(message: HostMessage, exit: () => void): void {
    switch (message.kind) {
      case 'settings':
        this.#settings = message;
        if (message.references !== undefined) this.#references = new WorkerReferences(message.references);
        if (message.codecs.length > 0 || message.init !== undefined) this.#building = this.#getReady(message);
        return;
      case 'batch':
        this.#takeBatch(message);
        return;
      case 'state':
        this.#takeState(message);
        return;
      case 'abort':
        this.#abort(message.call);
        return;
      case 'stop':
        // Whatever disposing of the state throws, the worker ends.
        void this.#stop().then(exit, exit);
    }
  }

  /** Gets ready for all that comes: nothing is run before. */
  async #getReady({ codecs, init }: SettingsMessage): Promise<void> {
    this.#parts.post({ kind: 'loading', task: undefined });
    try {
      if (codecs.length > 0) this.#parts.border.packer.use(await loadCodecs(codecs));
      if (init !== undefined) await (await loadTask(init.url, init.name)).fn();
    } catch (error) {
      this.#broken = new Failed(error);
      this.#parts.post({ kind: 'state-failed', ...packedError(error, this.#parts.border) });
    }
    this.#relay.keep();
    this.#parts.post({ kind: 'loaded', task: undefined });
  }

  /** Builds the state. Batches wait for it. */
  #takeState({ module, args, isPacked }: StateMessage): void {
    const before = this.#building;
    const build = async (): Promise<void> => {
      await before;
      this.#parts.post({ kind: 'loading', task: undefined });
      try {
        if (this.#broken !== undefined) throw this.#broken.error;
        await this.#state.build(
          module,
          this.#parts.border.packer.unpack({ data: args, isPacked }) as unknown[],
        );
      } catch (error) {
        this.#parts.post({ kind: 'state-failed', ...packedError(error, this.#parts.border) });
      }
      this.#relay.keep();
      this.#parts.post({ kind: 'loaded', task: undefined });
    };
    this.#building = build();
  }

  /** Tells a call that nobody waits for it: it ends, or never starts. One that has ended needs no telling. */
  #abort(call: number): void {
    // Without claims the host cannot take back what has not started: it says so here.
    if (this.#parts.claims === undefined && call > this.#number) this.#givenUp.add(call);
    if (call !== this.#number) return;
    this.#running?.abort(new DOMException('Nobody waits for this call any more', 'AbortError'));
  }

  /** Tells the host what a running call has told. */
  #tell(call: number, event: CallEvent): void {
    if (event.kind === 'progress') {
      const nowMs = this.#parts.nowMs();
      if (event.done !== event.total && nowMs - this.#lastReportMs < reportEveryMs) return;
      this.#lastReportMs = nowMs;
    }
    const { data, isPacked } = this.#parts.border.packer.pack(event, 'event');
    try {
      this.#parts.post({ kind: 'told', call, event: data, isPacked });
    } catch (cause) {
      throw this.#parts.border.packer.explain(event, 'event', undefined, cause);
    }
  }

  /** Runs the last task, and disposes of the state. */
  async #stop(): Promise<void> {
    await this.#building;
    const finish = this.#broken === undefined ? this.#settings?.finish : undefined;
    try {
      if (finish !== undefined) await (await loadTask(finish.url, finish.name)).fn();
    } catch (error) {
      // There is nobody left to tell, but whoever reads what is printed.
      // oxlint-disable-next-line eslint/no-console -- it is what tasks print with.
      console.error(error);
    }
    await this.#state.dispose();
    this.#relay.over();
  }

  #takeBatch(batch: BatchMessage): void {
    const { module, sources } = batch;
    if (module !== undefined)
      this.#modules[batch.task] = sources === undefined ? module : { ...module, sources };
    this.#batches.push(batch);
    if (!this.#isRunning) void this.#runAll();
  }

  /** Sends what there is, before the worker ends by itself. */
  end(): void {
    this.#relay.over();
    this.flush();
  }

  /** Sends what is finished. */
  flush(): void {
    if (this.#values.length > 0) this.#answer();
  }

  /** Runs batches until there are none. Never rejects. */
  async #runAll(): Promise<void> {
    this.#isRunning = true;
    if (this.#building !== undefined) await this.#building;
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      this.#lastPostMs = this.#parts.nowMs();
      let core: TaskCore | Failed | undefined = this.#broken ?? this.#tasks[batch.task];
      if (core === undefined) {
        core = await this.#load(batch.task);
        this.#lastPostMs = this.#parts.nowMs();
      }
      if (core instanceof Failed) {
        for (let i = 0; i < batch.inputs.length; i++) this.#fail('not-loadable', core.error);
        this.#answer();
        continue;
      }
      this.#name = core.name;
      this.#times = batch.isTimed === true ? [] : undefined;
      const inputs = this.#unpack(batch);
      for (let next = 0; next < inputs.length; ) {
        const stopped = this.#runFrom(next, core, batch, inputs);
        next = stopped.next;
        if (stopped.promise !== undefined) await this.#await(stopped.promise, batch.first, next - 1);
      }
      this.flush();
    }
    this.#isRunning = false;
  }

  /** Imports the module of a task; the host is told, as it may take long. */
  async #load(task: number): Promise<TaskCore | Failed> {
    const { url, name, sources } = this.#modules[task] as AskedModule;
    this.#parts.post({ kind: 'loading', task });
    try {
      if (sources !== undefined) await checkSources({ url, name }, sources);
      const core = await loadTask(url, name);
      this.#tasks[task] = core;
      return core;
    } catch (error) {
      return new Failed(error);
    } finally {
      this.#relay.keep();
      this.#parts.post({ kind: 'loaded', task });
    }
  }

  /** One by one: what cannot be read is in the way of its own call only. */
  #unpack({ inputs, isPacked }: BatchMessage): readonly unknown[] {
    this.#given = undefined;
    if (!isPacked) return inputs;
    return inputs.map((data, index) => {
      try {
        return this.#parts.border.packer.unpack({ data, isPacked }, this.#references);
      } catch (error) {
        return new Failed(error);
      } finally {
        const given = this.#references?.takeRead();
        if (given !== undefined) {
          this.#given ??= [];
          this.#given[index] = given;
        }
      }
    });
  }

  /** Takes the value of a call. What the call was given by reference counts for its own value only: it travels alone. */
  #take(value: unknown, index: number): void {
    if (this.#given?.[index] !== undefined) this.flush();
    this.#values.push(value);
    this.#noteTime();
  }

  /** A call is over that was given something by reference. */
  #answerGiven(index: number): void {
    const given = this.#given?.[index];
    if (given === undefined || this.#references === undefined) return;
    this.#references.given = given;
    this.flush();
    this.#references.given = undefined;
  }

  /** Runs calls until one gives a promise, or to the end. */
  #runFrom(
    start: number,
    core: TaskCore,
    { first, isSingle, held }: BatchMessage,
    inputs: readonly unknown[],
  ): { readonly next: number; readonly promise: PromiseLike<unknown> | undefined } {
    const { claims } = this.#parts;
    const jobDirs = this.#settings?.jobDirs;
    const own = this.#state.functionOf(core);
    const fn = (jobDirs === undefined ? own : inJobDir(jobDirs, core.name, own)) as (
      ...args: unknown[]
    ) => unknown;
    for (let i = start; i < inputs.length; i++) {
      if (claims?.tryStart(first + i, first + inputs.length) === false || this.#givenUp.delete(first + i)) {
        (this.#skipped ??= []).push(this.#values.length);
        this.#values.push(undefined);
        this.#times?.push(0, 0);
        continue;
      }
      this.#number = first + i;
      this.#running = undefined;
      if (this.#times !== undefined) this.#beganMs = this.#parts.nowMs();
      try {
        const input = inputs[i];
        if (input instanceof Failed) throw input.error;
        const threads = held?.[i];
        let result: unknown;
        if (threads !== undefined) {
          const scope = new Scope(threads, 'what holds it has', undefined);
          result = inScope(scope, () => (isSingle ? fn(input) : fn(...(input as readonly unknown[]))));
        } else result = isSingle ? fn(input) : fn(...(input as readonly unknown[]));
        if (isPromiseLike(result)) return { next: i + 1, promise: result };
        this.#take(result, i);
      } catch (error) {
        this.#fail(inputs[i] instanceof Failed ? 'not-loadable' : 'threw', error);
      }
      this.#endRunning();
      claims?.finish(first + i);
      this.#answerGiven(i);
      if ((i & (callsPerLook - 1)) === callsPerLook - 1) this.#answerIfDue();
    }
    return { next: inputs.length, promise: undefined };
  }

  async #await(promise: PromiseLike<unknown>, first: number, index: number): Promise<void> {
    // What is finished must not wait for what is not.
    this.flush();
    try {
      this.#take(await promise, index);
    } catch (error) {
      this.#fail('threw', error);
    }
    this.#endRunning();
    this.#parts.claims?.finish(first + index);
    this.#answerGiven(index);
    this.#answerIfDue();
  }

  /** A call is over: it tells and shows nothing any more. */
  #endRunning(): void {
    this.#running?.end();
    this.#relay.over();
  }

  #fail(reason: FailureReason, error: unknown): void {
    this.#failures ??= [];
    this.#failures.push([this.#values.length, reason]);
    this.#values.push(error);
    this.#noteTime();
  }

  #noteTime(): void {
    this.#times?.push(this.#beganMs, this.#parts.nowMs());
  }

  #answerIfDue(): void {
    if (this.#parts.nowMs() - this.#lastPostMs > answerEveryMs) this.flush();
  }

  #answer(): void {
    const values = this.#values;
    const failures = this.#failures;
    const skipped = this.#skipped;
    const times = this.#times;
    this.#values = [];
    if (times !== undefined) this.#times = [];
    this.#failures = undefined;
    this.#skipped = undefined;
    const nowMs = this.#parts.nowMs();
    const meanUs = ((nowMs - this.#lastPostMs) * 1000) / values.length;
    this.#lastPostMs = nowMs;
    try {
      this.#post(values, failures, meanUs, skipped, told(times, nowMs));
    } catch {
      // One of them cannot be sent: find it, by sending them one by one.
      values.forEach((value, position) =>
        skipped?.includes(position) === true
          ? this.#post([value], undefined, meanUs, [0])
          : this.#answerOne(
              value,
              failures?.find(([at]) => at === position)?.[1],
              meanUs,
              told(times?.slice(2 * position, 2 * position + 2), nowMs),
            ),
      );
    }
  }

  #post(
    values: readonly unknown[],
    failures: OutcomesMessage['failures'],
    meanUs: number,
    skipped?: readonly number[],
    times?: readonly number[],
  ): void {
    const scan = new BatchScan();
    const apart = values.length === 1 ? values : values.map((value) => scan.separate(value));
    const references = this.#references;
    if (references !== undefined) references.isUsed = false;
    const { data, isPacked } = this.#parts.border.packer.pack(apart, 'results', references);
    const isReferenced = references?.isUsed === true ? { hasReferences: true } : {};
    const memory = this.#settings?.tellsMemory === true ? { memoryBytes: this.#parts.memoryBytes() } : {};
    this.#parts.post(
      {
        kind: 'outcomes',
        values: data as readonly unknown[],
        failures,
        isPacked,
        meanUs,
        skipped,
        ...isReferenced,
        ...memory,
        ...(times === undefined ? {} : { times }),
      },
      movedWithAll(values),
    );
  }

  #answerOne(
    value: unknown,
    reason: FailureReason | undefined,
    meanUs: number,
    times: readonly number[] | undefined,
  ): void {
    try {
      this.#post([value], reason === undefined ? undefined : [[0, reason]], meanUs, undefined, times);
    } catch (error) {
      const instead = reason === undefined ? this.#uncloneable(value, error) : thrownInstead(value);
      this.#post([instead], [[0, reason ?? 'not-cloneable']], meanUs, undefined, times);
    }
  }

  #uncloneable(value: unknown, cause: unknown): Error {
    const { message, path } = this.#parts.border.packer.explain(value, 'result', undefined, cause);
    const text = `Cannot send the result of task '${this.#name}' back to its host as ${message}`;
    return new NotCloneableError(path, text);
  }
}

/** Why something could not be done. */
class Failed {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

/** Pairs of instants, as pairs of how long ago and how long. */
function told(times: readonly number[] | undefined, nowMs: number): readonly number[] | undefined {
  return times?.map((instant, at) => (at % 2 === 0 ? nowMs : instant) - (times[at - (at % 2)] as number));
}

/** For what was thrown and cannot be cloned: a function, or an object with one in it. */
function thrownInstead(thrown: unknown): Error {
  let text = typeof thrown as string;
  try {
    text = String(thrown);
  } catch {
    // It has no text either: its type must do.
  }
  return new Error(`a value that cannot be cloned was thrown: ${text}`);
}

function packedError(
  error: unknown,
  { packer }: Border,
): { readonly error: unknown; readonly isPacked: boolean } {
  let packed: Packed;
  try {
    packed = packer.pack(error, 'error');
  } catch {
    packed = packer.pack(thrownInstead(error), 'error');
  }
  return { error: packed.data, isPacked: packed.isPacked };
}
