/**
 * The clients that a worker of a queue has met: what is known of each, its tasks and where they are here, and what runs its
 * calls. Those that are gone, or have nothing to do for a while, are let go.
 */

import type { Clock } from '../../../base/clock.ts';
import type { Codecs, CodecsModule } from '../../../codec/codecs.ts';
import type { ReferenceReader } from '../../../codec/references.ts';
import type { SourceManifest } from '../../../sources/source-manifest.ts';
import { Border } from '../../../worker/border.ts';
import { loadCodecs } from '../../../worker/inside/load-task.ts';
import { CodeFinder, CodeMismatchError } from '../code-version.ts';
import { type BatchHere, ClientVisit, type ClientVisitParts } from './client-visit.ts';
import { QueueError, reasonOf } from './queue-errors.ts';
import { clientKeys } from './queue-keys.ts';
import { type CancelMessage, type ClientAbout, expectTask, readBatch, type SentTask } from './queue-wire.ts';
import type { RedisLink } from './redis-link.ts';
import { newSerial, SharedValues } from './shared-values.ts';
import { WorkerReplies } from './worker-replies.ts';

export interface WorkerClientsParts {
  readonly queue: string;
  readonly link: RedisLink;
  readonly clock: Clock;
  /** A folder of the program whose tasks are run. */
  readonly root: string;
  /** The name of the worker. */
  readonly worker: string;
  readonly openExecutor: ClientVisitParts['openExecutor'];
}

/** A client that was met. */
export interface KnownClient {
  readonly id: string;
  readonly about: ClientAbout;
  readonly visit: ClientVisit;
  readonly border: Border;
  readonly values: SharedValues;
  /** By number. */
  readonly tasks: Map<string, SentTask>;
}

/** How long the threads of a client are kept that has nothing to do. */
const idleMs = 60_000;
/** Of so many batches it is remembered that calls of them were given up on before they came. */
const mostCancelled = 10_000;
const retryMs = 200;

export class WorkerClients {
  readonly #parts: WorkerClientsParts;
  readonly #finder: CodeFinder;
  readonly #known = new Map<string, Promise<KnownClient | undefined>>();
  /** Calls that were given up on, of batches that may still come. */
  readonly #cancelled = new Map<string, Set<number>>();
  #isOver = false;

  constructor(parts: WorkerClientsParts) {
    this.#parts = parts;
    this.#finder = new CodeFinder(parts.root);
  }

  /**
   * Gives what is known of a client; `undefined` if it is gone.
   *
   * @throws {CodeMismatchError} If its codecs are not here.
   */
  find(client: string): Promise<KnownClient | undefined> {
    const known = this.#known.get(client);
    if (known !== undefined) return known;
    const meeting = this.#meet(client);
    this.#known.set(client, meeting);
    const forget = (): void => {
      if (this.#known.get(client) === meeting) this.#known.delete(client);
    };
    meeting.then((met) => (met === undefined ? forget() : undefined), forget);
    return meeting;
  }

  /** Makes a batch ready to run; gives why it cannot be. */
  async read(client: KnownClient, id: string, bytes: string): Promise<BatchHere | Error> {
    const { border, values } = client;
    let read: ReturnType<typeof readBatch>;
    try {
      read = readBatch(bytes);
    } catch (error) {
      return error as Error;
    }
    const { head, calls } = read;
    const tasks: BatchHere['tasks'][number][] = [];
    for (const number of head.tasks) {
      const task = client.tasks.get(number) ?? (await this.#taskOf(client, number));
      if (task === undefined) {
        return new QueueError(
          `Cannot run calls of a batch as nothing is known of their task: received number '${number}'`,
        );
      }
      const url = this.#finder.known(task.code) ?? (await this.#urlOf(client, task));
      tasks.push({ ...task, url });
    }
    const refs = calls.flatMap((call) => call.refs ?? []);
    let reader: ReferenceReader | undefined;
    // What the client has not read itself, it does not list.
    if (refs.length > 0 || values.home !== undefined) reader = await this.#persist(() => values.fetch(refs));
    const gone = this.#cancelled.get(id);
    return {
      id,
      tasks,
      calls: calls.flatMap(({ args: data, isPacked, key }, position) => {
        const at = head.at[position] as number;
        if (gone?.has(at) === true) return [];
        let args: unknown;
        let error: unknown;
        try {
          args = border.packer.unpack({ data, isPacked }, reader);
        } catch (caught) {
          error = caught;
        }
        return [{ task: head.of[position] as number, at, args, error, key }];
      }),
    };
  }

  /** Nobody waits for calls any more; or for any of a client. */
  cancel({ client, batch, calls = [] }: CancelMessage): void {
    if (batch === undefined) {
      void this.#letGo(client);
      return;
    }
    const gone = this.#cancelled.get(batch) ?? new Set();
    for (const call of calls) gone.add(call);
    this.#cancelled.set(batch, gone);
    if (this.#cancelled.size > mostCancelled) {
      const [first] = this.#cancelled.keys();
      if (first !== undefined) this.#cancelled.delete(first);
    }
    void this.#known.get(client)?.then((known) => known?.visit.cancel(batch, calls), ignore);
  }

  /** Lets those go that are not there any more, or have nothing to do. @throws what the server says */
  async lookAfter(): Promise<void> {
    const { link, queue, clock } = this.#parts;
    for (const [client, meeting] of this.#known) {
      const visit = (await meeting.catch(ignore))?.visit;
      if (visit === undefined) continue;
      const isThere = (await link.ask('EXISTS', clientKeys(queue, client).about)) === 1;
      const isIdle = visit.isIdle && clock.nowMs() - visit.usedMs > idleMs;
      if (!isThere || isIdle) await this.#letGo(client);
    }
  }

  /** Lets all go: what they have here ends. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(Array.from(this.#known.keys(), (client) => this.#letGo(client)));
  }

  async #letGo(client: string): Promise<void> {
    const meeting = this.#known.get(client);
    this.#known.delete(client);
    await meeting?.then((known) => known?.visit.end(), ignore);
  }

  async #meet(id: string): Promise<KnownClient | undefined> {
    const { link, queue, clock, worker, openExecutor } = this.#parts;
    const keys = clientKeys(queue, id);
    const text = await this.#persist(() => link.ask('GET', keys.about));
    if (typeof text !== 'string') return undefined;
    const about = JSON.parse(text) as ClientAbout;
    const { keepMs, prints, keeps } = about;
    const border = new Border(`w${newSerial()}.`);
    const codecs = await this.#codecsOf(about);
    border.packer.use(codecs);
    const values = new SharedValues(about.values, border.packer, link, keys.values, keepMs);
    const replies = new WorkerReplies({ link, clock, keys, keepMs, values, packer: border.packer });
    const visit = new ClientVisit({
      clock,
      border,
      values,
      replies,
      codecs,
      worker,
      prints,
      keeps,
      openExecutor,
    });
    return { id, about, visit, border, values, tasks: new Map() };
  }

  async #codecsOf({ codecs }: ClientAbout): Promise<Codecs | undefined> {
    if (codecs.length === 0) return undefined;
    const modules: CodecsModule[] = [];
    for (const { code, name } of codecs) modules.push({ url: await this.#finder.find(code), name });
    return loadCodecs(modules);
  }

  /** Asks for a task that was not met before. */
  async #taskOf({ id, tasks }: KnownClient, number: string): Promise<SentTask | undefined> {
    const { link, queue } = this.#parts;
    const text = await this.#persist(() => link.ask('HGET', clientKeys(queue, id).tasks, number));
    if (typeof text !== 'string') return undefined;
    const task = expectTask(JSON.parse(text));
    tasks.set(number, task);
    return task;
  }

  /** Where the module of a task is here; or why it is not. */
  async #urlOf({ id }: KnownClient, { code }: SentTask): Promise<string | Error> {
    const { link, queue } = this.#parts;
    const sources = async (): Promise<SourceManifest | undefined> => {
      const text = await link.ask('HGET', clientKeys(queue, id).sources, code.url).catch(ignore);
      return typeof text === 'string' ? (JSON.parse(text) as SourceManifest) : undefined;
    };
    try {
      return await this.#finder.find(code, sources);
    } catch (error) {
      return error instanceof CodeMismatchError ? error : new CodeMismatchError(reasonOf(error));
    }
  }

  /** Asks until there is an answer. */
  async #persist<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (this.#isOver) throw error;
        await this.#parts.clock.sleep(retryMs);
      }
    }
  }
}

function ignore(): undefined {
  // Told elsewhere, or of no consequence.
  return undefined;
}
