/**
 * The client's side of a queue: sends calls in batches, and learns what came of them.
 *
 * - **Nothing is lost:** replies stay in a stream of Redis until they were read. A batch of which nothing is heard is looked
 *   for; one that is gone, since Redis has lost it, is sent again.
 * - **Each call settles once,** however often it was run: the first outcome counts.
 * - **Nothing waits for ever:** when Redis cannot be reached for longer than `timeoutMs`, all calls under way fail.
 *
 * Race: a worker tells its reply, then completes the job. (1) The client sees that the job is complete, (2) and reads what is
 * left in the stream. As replies come first, what is not there then was lost, and not on its way.
 */

import type { Clock } from '../../../base/clock.ts';
import type { Packer } from '../../../codec/pack.ts';
import { type ReferenceReader, referencesIn } from '../../../codec/references.ts';
import { Sealed } from '../../../codec/sealed.ts';
import { type FailureReason, failure, type Outcome, success } from '../../../task/outcome.ts';
import { WorkerLostError } from '../../../worker/worker-lost-error.ts';
import type { CodeTeller } from '../code-version.ts';
import { CallLine, type CallTimes } from './call-line.ts';
import { type Batch, Batches, type QueuedCall } from './client-calls.ts';
import { asHostError } from './host-errors.ts';
import { QueueError, reasonOf } from './queue-errors.ts';
import { allClientKeys, type ClientKeys, cancelChannel, clientKeys, fleetKey } from './queue-keys.ts';
import {
  type BatchHead,
  type CallReply,
  type CancelMessage,
  type ClientAbout,
  type JobData,
  type PrintReply,
  queueProtocol,
  type Reply,
  readReplies,
  type SentTask,
  writeBatch,
} from './queue-wire.ts';
import type { RedisLink } from './redis-link.ts';
import { newSerial, type SharedValues } from './shared-values.ts';

/** What is used of BullMQ's `Queue`. Said here, so that programs compile that have not installed it. */
export interface JobQueue {
  add(name: string, data: JobData, options?: object): Promise<unknown>;
  getJob(
    id: string,
  ): Promise<{ getState(): Promise<string>; readonly failedReason?: string | undefined } | undefined>;
  remove(id: string): Promise<unknown>;
  close(): Promise<void>;
}

export interface QueueClientParts {
  readonly name: string;
  readonly queue: JobQueue;
  readonly link: RedisLink;
  /** Only for waiting at the stream of replies. */
  readonly reader: RedisLink;
  readonly clock: Clock;
  readonly packer: Packer;
  readonly codes: CodeTeller;
  readonly values: SharedValues;
  readonly about: ClientAbout;
  /** What tells this client from others; the same for each life of a run with a name. */
  readonly id: string;
  /** For how long Redis may be gone. */
  readonly timeoutMs: number;
  /** The most calls in a batch. */
  readonly batch: number | undefined;
  printed(line: PrintReply): void;
  /** There may be more room. */
  settled(): void;
}

/** How long the stream of replies is waited at. The answer is also the sign that Redis is there. */
const waitMs = 1_000;
/** How many entries of the stream are read at once. Arbitrary: enough to lose no time, few enough to hold no memory. */
const mostEntries = 100;
/** How often the client says that it is there, and looks after what it waits for. */
const beatMs = 3_000;
/** Of a batch of which nothing was heard for so long, it is asked where it is. */
const silentMs = 5_000;
/** So many batches are asked for at a time, the longest silent first. */
const mostAsked = 64;
/** Between two attempts at what Redis did not take. */
const retryMs = 100;
/** Jobs that are added at once. */
const mostJobs = 64;
/** So many times batches are being added at once: meanwhile others gather, and travel together. */
const mostSending = 4;
/** After how long without any worker people are told. */
const lonelyMs = 10_000;
/** BullMQ's middle: 1 is the highest priority, 2^21 the lowest. */
const middlePriority = 2 ** 20;
/** How long disposing may take, when Redis is gone. */
const closeMs = 2_000;

export class QueueClient {
  readonly #parts: QueueClientParts;
  readonly #keys: ClientKeys;
  readonly #line = new CallLine<QueuedCall>();
  readonly #batches = new Batches();
  /** Tells the batches of this life of a run with a name from those of earlier ones. */
  readonly #life = newSerial();
  readonly #openedMs: number;
  #batchSerial = 0;
  #sending = 0;
  #isFlushing = false;
  #isClosed = false;
  /** Whether a call had a priority: from then on all have. */
  #usesPriorities = false;
  /** When Redis answered last. */
  #heardMs: number;
  /** Whether it had been gone for too long at the last look. */
  #isGone = false;
  #threads = 0;
  #workers = 0;
  #isLonelyTold = false;
  #isSweeping = false;
  /** What workers need to know besides batches: by key and field. It is told again when Redis has lost something. */
  readonly #facts = new Map<string, readonly [key: string, field: string, text: string]>();
  readonly #untold = new Set<string>();
  readonly #cancelled = new Map<string, number[]>();
  #beat: Disposable | undefined;
  /** Keeps the process alive while calls are under way. */
  #holding: Disposable | undefined;

  constructor(parts: QueueClientParts) {
    this.#parts = parts;
    this.#keys = clientKeys(parts.name, parts.id);
    this.#heardMs = parts.clock.nowMs();
    this.#openedMs = this.#heardMs;
  }

  /** The threads of all workers; 0 if there are none. */
  get threads(): number {
    return this.#threads;
  }

  get workers(): number {
    return this.#workers;
  }

  /** Says that it is there, then begins to read. @throws what the server says */
  async open(): Promise<void> {
    await this.#sayHere();
    this.#beat = this.#parts.clock.every(beatMs, () => void this.#lookAfter(), { ref: false });
    void this.#read();
  }

  /** Takes a call. It is sent when what is going on now is over, with others that come until then. */
  add(call: QueuedCall): void {
    this.#line.add(call);
    this.#usesPriorities ||= call.priority !== 0;
    this.#holding ??= this.#parts.clock.every(2 ** 30, () => undefined);
    this.#flushSoon();
  }

  /** Gives up on a call. */
  cancel(call: QueuedCall): void {
    call.isOver = true;
    const closed = this.#batches.close(call);
    this.#letGo();
    if (call.key !== undefined) this.#parts.link.ask('HDEL', this.#keys.sent, call.key).catch(ignore);
    if (closed === undefined) return;
    if (this.#cancelled.size === 0) queueMicrotask(() => this.#tellCancelled());
    const calls = this.#cancelled.get(closed.id) ?? [];
    calls.push(closed.at);
    this.#cancelled.set(closed.id, calls);
    // Of a batch that no worker has begun, nothing is left then.
    if (closed.isLast) this.#parts.queue.remove(closed.id).catch(ignore);
  }

  /** Tells workers of a task, before the first batch with calls of it; and what its module is made of. */
  tellTask(task: SentTask): void {
    this.#tellFact(this.#keys.tasks, task.number, JSON.stringify(task));
    const { url } = task.code;
    // A worker that has another source can then say what differs.
    if (!this.#facts.has(`${this.#keys.sources} ${url}`))
      this.#tellFact(this.#keys.sources, url, JSON.stringify(this.#parts.codes.sourcesOf(url)));
  }

  #tellFact(key: string, field: string, text: string): void {
    this.#facts.set(`${key} ${field}`, [key, field, text]);
    this.#untold.add(`${key} ${field}`);
  }

  async #whenFactsTold(): Promise<void> {
    for (const name of this.#untold) {
      const fact = this.#facts.get(name);
      if (fact !== undefined) await this.#setFields(...fact);
      this.#untold.delete(name);
    }
  }

  /** Sets fields of a hash, which is not to stay when this process ends now. */
  async #setFields(key: string, ...fields: readonly string[]): Promise<void> {
    const { link, about } = this.#parts;
    await Promise.all([link.ask('HSET', key, ...fields), link.ask('PEXPIRE', key, String(about.keepMs))]);
  }

  #flushSoon(): void {
    if (this.#isFlushing || this.#sending >= mostSending) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#sending < mostSending && this.#line.size > 0 && !this.#isClosed) {
      const groups: QueuedCall[][] = [];
      while (groups.length < mostJobs) {
        const calls = this.#line.take(Math.max(this.#threads, 1), this.#parts.batch);
        if (calls.length === 0) break;
        groups.push(calls);
      }
      if (groups.length === 0) return;
      this.#sending++;
      void this.#send(groups).finally(() => {
        this.#sending--;
        this.#flush();
      });
    }
  }

  /** Sends batches. What cannot be sent in time fails. */
  async #send(groups: readonly (readonly QueuedCall[])[]): Promise<void> {
    const { clock, link, values, timeoutMs, queue } = this.#parts;
    const beganMs = clock.nowMs();
    let batches: Batch[] | undefined;
    for (;;) {
      try {
        if (batches === undefined) {
          const left = await this.#withoutKept(groups);
          batches = left.map((calls) => this.#batches.open(this.#nextId(), calls, clock.nowMs()));
        }
        const jobs = batches.filter(({ left }) => left > 0).map((batch) => this.#jobOf(batch));
        if (jobs.length === 0) return;
        // Before the jobs, so that a worker finds what they refer to.
        await Promise.all([values.whenPut(), this.#whenFactsTold(), this.#noteSent(batches)]);
        // Each by itself, all on their way at once: together, as one transaction, they cost Redis more.
        await link.inTime(Promise.all(jobs.map(({ name, data, opts }) => queue.add(name, data, opts))));
        return;
      } catch (error) {
        if (this.#isClosed) return;
        if (clock.nowMs() - beganMs > timeoutMs) {
          this.#failAll(batches?.flatMap((batch) => this.#batches.drop(batch)) ?? groups.flat(), error);
          return;
        }
        await clock.sleep(retryMs);
        if (this.#isClosed) return;
      }
    }
  }

  #nextId(): string {
    const { id, about } = this.#parts;
    const number = (this.#batchSerial++).toString(36);
    return about.keeps ? `${id}-${this.#life}-${number}` : `${id}-${number}`;
  }

  #jobOf({ id, calls }: Batch): { name: string; data: JobData; opts: object } {
    const tasks: string[] = [];
    const positions = new Map<SentTask, number>();
    const of: number[] = [];
    const frames: Buffer[] = [];
    let priority = 0;
    const at: number[] = [];
    for (const [position, call] of calls.entries()) {
      if (call === undefined) continue;
      let task = positions.get(call.task);
      if (task === undefined) {
        positions.set(call.task, (task = tasks.length));
        tasks.push(call.task.number);
      }
      of.push(task);
      frames.push(call.frame);
      at.push(position);
      priority = call.priority;
    }
    const head: BatchHead = { tasks, of, at };
    const data = {
      protocol: queueProtocol,
      client: this.#parts.id,
      bytes: writeBatch(head, frames),
    };
    const opts = {
      jobId: id,
      ...(this.#usesPriorities ? { priority: bullPriority(priority) } : {}),
    };
    return { name: 'batch', data, opts };
  }

  /** Settles calls of a run with a name whose value is kept, and joins those that an earlier life of the client has sent. */
  async #withoutKept(groups: readonly (readonly QueuedCall[])[]): Promise<QueuedCall[][]> {
    const { link, about, clock } = this.#parts;
    const asked = groups.flat().filter(({ key, isLookedUp }) => key !== undefined && !isLookedUp);
    if (!about.keeps || asked.length === 0) return groups.map((calls) => [...calls]);
    const names = asked.map(({ key }) => key as string);
    const [kept, sent] = (await Promise.all([
      link.askBytes(['HMGET', this.#keys.outcomes, ...names]),
      link.ask('HMGET', this.#keys.sent, ...names),
    ])) as [(Buffer | null)[], (string | null)[]];
    const joined = new Set<QueuedCall>();
    for (const [at, call] of asked.entries()) {
      call.isLookedUp = true;
      if (call.isOver) continue;
      const bytes = kept[at];
      const place = sent[at];
      if (bytes !== null && bytes !== undefined) {
        const [reply] = readReplies(bytes);
        if (reply === undefined || reply.is === 'printed') continue;
        joined.add(call);
        this.#settle(call, await this.#outcomeOf(reply));
      } else if (typeof place === 'string') {
        const cut = place.lastIndexOf(' ');
        joined.add(call);
        this.#batches.join(place.slice(0, cut), Number(place.slice(cut + 1)), call, clock.nowMs() - silentMs);
      }
    }
    if (joined.size > 0) this.#parts.settled();
    return groups
      .map((calls) => calls.filter((call) => !joined.has(call) && !call.isOver))
      .filter((calls) => calls.length > 0);
  }

  /** In runs with a name: says in which batch calls are, for the next life of the client. */
  async #noteSent(batches: readonly Batch[]): Promise<void> {
    if (!this.#parts.about.keeps) return;
    const fields = batches.flatMap(({ id, calls }) =>
      calls.flatMap((call, at) => (call?.key === undefined ? [] : [call.key, `${id} ${at}`])),
    );
    if (fields.length > 0) await this.#setFields(this.#keys.sent, ...fields);
  }

  async #read(): Promise<void> {
    const { reader, clock } = this.#parts;
    for (let last = '0'; !this.#isClosed; ) {
      try {
        const given = (await reader.waitBytes(
          [
            'XREAD',
            'COUNT',
            String(mostEntries),
            'BLOCK',
            String(waitMs),
            'STREAMS',
            this.#keys.replies,
            last,
          ],
          waitMs,
        )) as readonly [key: Buffer, entries: StreamEntry[]][] | null;
        this.#heardMs = clock.nowMs();
        const entries = given?.[0]?.[1] ?? [];
        last = entries.at(-1)?.[0].toString() ?? last;
        await this.#takeEntries(entries, false);
      } catch {
        if (this.#isClosed) return;
        await clock.sleep(retryMs);
      }
    }
  }

  /** Takes entries of the stream, which are removed then. @param isLate - whether they were passed over before */
  async #takeEntries(entries: readonly StreamEntry[], isLate: boolean): Promise<void> {
    if (entries.length === 0) return;
    const { link } = this.#parts;
    for (const [, fields] of entries) {
      let replies: Reply[];
      try {
        replies = readReplies(fields[1] as Buffer);
      } catch {
        // Nobody can read it: what it was about is looked for as if it had not come.
        continue;
      }
      await this.#takeReplies(
        isLate ? replies.filter(({ is }) => is !== 'told' && is !== 'printed') : replies,
      );
    }
    if (this.#isClosed) return;
    this.#parts.settled();
    link.ask('XDEL', this.#keys.replies, ...entries.map(([id]) => id)).catch(ignore);
  }

  async #takeReplies(given: readonly Reply[]): Promise<void> {
    const { values, printed, clock, about } = this.#parts;
    const kept = given.filter((reply): reply is CallReply => reply.is === 'kept');
    const replies = kept.length > 0 && about.keeps ? await this.#withKept(given, kept) : given;
    const refs = replies.flatMap((reply) => (reply.is === 'printed' ? [] : (reply.refs ?? [])));
    const reader = refs.length === 0 ? undefined : await values.fetch(refs);
    const nowMs = clock.nowMs();
    for (const reply of replies) {
      if (this.#isClosed) return;
      if (reply.is === 'printed') {
        printed(reply);
        continue;
      }
      const call = this.#batches.find(reply.batch, reply.call, nowMs);
      if (call === undefined) continue;
      if (reply.is === 'told') {
        this.#tell(call, reply);
        continue;
      }
      if (reply.is === 'kept') continue;
      if (reply.us !== undefined) (call.times as CallTimes).took(reply.us);
      this.#settle(call, this.#outcome(reply, reader, call.takesSealed));
    }
  }

  /** Reads the values that are kept in place of what says that they are. */
  async #withKept(replies: readonly Reply[], kept: readonly CallReply[]): Promise<Reply[]> {
    const nowMs = this.#parts.clock.nowMs();
    const keys = new Map<CallReply, string>();
    for (const reply of kept) {
      const key = this.#batches.find(reply.batch, reply.call, nowMs)?.key;
      if (key !== undefined) keys.set(reply, key);
    }
    if (keys.size === 0) return [...replies];
    const found = (await this.#parts.link.askBytes([
      'HMGET',
      this.#keys.outcomes,
      ...keys.values(),
    ])) as (Buffer | null)[];
    const bytesOf = new Map([...keys.keys()].map((reply, at) => [reply, found[at]]));
    return replies.map((reply) => {
      const bytes = reply.is === 'printed' ? undefined : bytesOf.get(reply);
      if (bytes === undefined || bytes === null || reply.is === 'printed') return reply;
      const [value] = readReplies(bytes);
      if (value === undefined || value.is === 'printed') return reply;
      const { batch, call, us } = reply;
      return { ...value, batch, call, ...(us === undefined ? {} : { us }) };
    });
  }

  #tell(call: QueuedCall, { data, isPacked = false }: CallReply): void {
    try {
      call.told(this.#parts.packer.unpack({ data, isPacked }));
    } catch {
      // What a call tells is no promise; what comes of it is told for itself.
    }
  }

  async #outcomeOf(reply: CallReply): Promise<Outcome> {
    const reader = reply.refs === undefined ? undefined : await this.#parts.values.fetch(reply.refs);
    return this.#outcome(reply, reader, false);
  }

  #outcome(
    { is, data, isPacked = false, reason = 'threw', refs }: CallReply,
    reader: ReferenceReader | undefined,
    takesSealed: boolean,
  ): Outcome {
    const { home } = this.#parts.values;
    let value: unknown;
    try {
      if (takesSealed && is === 'value' && refs !== undefined && home !== undefined) {
        // What concerns a run must be seen by it: tasks, graphs, failures.
        if (!referencesIn(data).holdsOthers) return success(new Sealed(home, data, new Set(refs)));
      }
      value = this.#parts.packer.unpack({ data, isPacked }, reader);
    } catch (error) {
      return failure('not-cloneable', error);
    }
    return is === 'error' ? failure(reason, asHostError(value, reason)) : success(value);
  }

  #settle(call: QueuedCall, outcome: Outcome): void {
    if (call.isOver) return;
    this.#batches.close(call);
    call.settle(outcome);
    this.#letGo();
  }

  #failAll(calls: readonly QueuedCall[], cause: unknown): void {
    const error = new QueueError(
      `Cannot run the call as Redis could not be used for ${this.#parts.timeoutMs} ms: received ${reasonOf(cause)}`,
      { cause },
    );
    for (const call of calls) this.#settle(call, failure('worker-lost', error));
    this.#parts.settled();
  }

  /** Lets the process end by itself when nothing is under way. */
  #letGo(): void {
    if (this.#batches.size > 0 || this.#line.size > 0 || this.#sending > 0) return;
    this.#holding?.[Symbol.dispose]();
    this.#holding = undefined;
  }

  /** Each beat: says that it is there, looks for what was lost, and gives up when Redis is gone for too long. */
  async #lookAfter(): Promise<void> {
    const { clock, timeoutMs } = this.#parts;
    this.#letGo();
    const gone = clock.nowMs() - this.#heardMs;
    // Twice in a row: this process itself may have slept.
    const isGone = gone > timeoutMs + waitMs;
    const wasGone = this.#isGone;
    this.#isGone = isGone;
    if (isGone && wasGone) {
      const calls = this.#batches.all().flatMap((batch) => this.#batches.drop(batch));
      for (let more = this.#line.take(1); more.length > 0; more = this.#line.take(1)) calls.push(...more);
      this.#failAll(calls, new QueueError(`no answer for ${Math.round(gone)} ms`));
    }
    try {
      await this.#sayHere();
      await this.#sweep();
    } catch {
      // The next beat tries again.
    }
  }

  async #sayHere(): Promise<void> {
    const { link, about, name } = this.#parts;
    const { about: key, replies, values, outcomes, sent, tasks, sources, owner } = this.#keys;
    const keepMs = String(about.keepMs);
    const [, time, fleet] = await Promise.all([
      link.ask('SET', key, JSON.stringify(about), 'PX', keepMs),
      link.ask('TIME'),
      link.ask('ZRANGE', fleetKey(name), '0', '-1', 'WITHSCORES'),
      ...[replies, values, outcomes, sent, tasks, sources].map((other) => link.ask('PEXPIRE', other, keepMs)),
      ...(about.keeps ? [link.ask('PEXPIRE', owner, String(ownerMs))] : []),
    ]);
    const nowMs = Number((time as string[])[0]) * 1000;
    this.#workers = 0;
    this.#threads = 0;
    const members = fleet as string[];
    for (let at = 0; at < members.length; at += 2) {
      if (Number(members[at + 1]) < nowMs) continue;
      this.#workers++;
      this.#threads += threadsOf(members[at] as string);
    }
    this.#tellLonely();
  }

  #tellLonely(): void {
    if (this.#workers > 0 || this.#batches.size === 0 || this.#isLonelyTold) return;
    if (this.#parts.clock.nowMs() - this.#openedMs < lonelyMs) return;
    this.#isLonelyTold = true;
    process.emitWarning(
      `Calls wait in the queue '${this.#parts.name}' as no worker serves it\n  npx heddle worker --queue ${this.#parts.name} --connection redis://…`,
      { type: 'HeddleWarning', code: 'HEDDLE_NO_WORKERS' },
    );
  }

  /** Looks for batches of which nothing was heard. */
  async #sweep(): Promise<void> {
    const { clock, queue, link } = this.#parts;
    const silent = this.#batches.silentSince(clock.nowMs() - silentMs).slice(0, mostAsked);
    if (silent.length === 0 || this.#isSweeping) return;
    this.#isSweeping = true;
    try {
      const states = await link.inTime(
        Promise.all(silent.map(async (batch) => ({ batch, job: await queue.getJob(batch.id) }))),
      );
      const ended: { readonly batch: Batch; readonly failed: string | undefined }[] = [];
      for (const { batch, job } of states) {
        const state = job === undefined ? 'unknown' : await link.inTime(job.getState());
        const isOver = state === 'unknown' || state === 'completed' || state === 'failed';
        if (isOver) ended.push({ batch, failed: state === 'failed' ? (job?.failedReason ?? '') : undefined });
        else batch.heardMs = clock.nowMs();
      }
      if (ended.length === 0) return;
      const entries = (await link.askBytes(['XRANGE', this.#keys.replies, '-', '+'])) as StreamEntry[];
      await this.#takeEntries(entries, true);
      for (const { batch, failed } of ended) {
        if (batch.left === 0 || this.#isClosed) continue;
        if (await this.#isSplit(batch)) batch.heardMs = clock.nowMs();
        else if (failed === undefined) await this.#sendAgain(batch);
        else this.#failBatch(batch, failed);
      }
    } finally {
      this.#isSweeping = false;
    }
  }

  /** Whether calls of a batch are jobs of their own now, since a worker was lost with it. */
  async #isSplit({ id, calls }: Batch): Promise<boolean> {
    const { queue, link } = this.#parts;
    for (const [at, call] of calls.entries()) {
      if (call === undefined) continue;
      const job = await link.inTime(queue.getJob(`${id}-${at}`));
      if (job === undefined) continue;
      const state = await link.inTime(job.getState());
      if (state !== 'unknown' && state !== 'completed' && state !== 'failed') return true;
    }
    return false;
  }

  /** Nobody has the batch any more, and nobody has told of it. */
  async #sendAgain(batch: Batch): Promise<void> {
    const { values, link } = this.#parts;
    const keys = batch.calls.flatMap((call) => (call?.key === undefined ? [] : [call.key]));
    if (keys.length > 0) await link.ask('HDEL', this.#keys.sent, ...keys);
    values.forget();
    for (const name of this.#facts.keys()) this.#untold.add(name);
    for (const call of this.#batches.drop(batch)) {
      call.batch = undefined;
      call.isLookedUp = false;
      this.#line.add(call);
    }
    this.#flushSoon();
  }

  /** BullMQ gave up on a job. */
  #failBatch(batch: Batch, reason: string): void {
    const isLost = /stalled/i.test(reason);
    const why: FailureReason = isLost ? 'worker-lost' : 'not-loadable';
    for (const call of this.#batches.drop(batch)) {
      const text = `Cannot run task '${call.task.title}' by the queue '${this.#parts.name}' as its batch failed: received ${reason}`;
      this.#settle(call, failure(why, isLost ? new WorkerLostError(text, undefined) : new QueueError(text)));
    }
    this.#parts.settled();
    this.#parts.queue.remove(batch.id).catch(ignore);
  }

  #tellCancelled(): void {
    const { link, name, id } = this.#parts;
    for (const [batch, calls] of this.#cancelled) {
      const message: CancelMessage = { client: id, batch, calls };
      link.ask('PUBLISH', cancelChannel(name), JSON.stringify(message)).catch(ignore);
    }
    this.#cancelled.clear();
  }

  /** Ends: what is under way is given up. @param forget - whether nothing is kept for a client that comes back */
  async close(forget: boolean): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { link, queue, name, id, reader, clock } = this.#parts;
    this.#beat?.[Symbol.dispose]();
    this.#holding?.[Symbol.dispose]();
    reader.close();
    const message: CancelMessage = { client: id };
    const ends = forget
      ? [
          link.ask('PUBLISH', cancelChannel(name), JSON.stringify(message)),
          ...this.#batches.all().map((batch) => queue.remove(batch.id)),
        ]
      : [];
    const limit = new AbortController();
    const end = Promise.allSettled(ends).then(() =>
      link.ask('UNLINK', ...(forget ? allClientKeys(name, id) : [this.#keys.owner])),
    );
    await Promise.race([
      end.then(ignore, ignore),
      clock.sleep(closeMs, { signal: limit.signal }).then(ignore, ignore),
    ]);
    limit.abort();
    await Promise.race([queue.close().then(ignore, ignore), clock.sleep(closeMs).then(ignore)]);
    link.close();
  }
}

/** An entry of a stream: its id, then names and values of fields. */
type StreamEntry = readonly [id: Buffer, fields: readonly Buffer[]];

/** For how long a run with a name is another's, when nothing is heard of it. */
export const ownerMs = 10_000;

/** A number where 1 goes first. */
function bullPriority(priority: number): number {
  return Math.min(Math.max(middlePriority - Math.round(priority), 1), 2 * middlePriority);
}

/** Members of the fleet are JSON. */
function threadsOf(member: string): number {
  try {
    const { threads } = JSON.parse(member) as { readonly threads?: unknown };
    return typeof threads === 'number' && threads > 0 ? threads : 0;
  } catch {
    return 0;
  }
}

function ignore(): void {
  // Told elsewhere, or of no consequence.
}
