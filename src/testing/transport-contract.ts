/**
 * The contract of transports, as cases that any test framework can run: what a pool may rely on, whatever
 * its workers are.
 *
 * A case fails by throwing.
 */

import assert from 'node:assert/strict';
import { coreOf } from '../task/task-brand.ts';
import type { TaskModule } from '../task/task-core.ts';
import type { HostClaims } from '../worker/claims.ts';
import type { BatchMessage, OutcomesMessage, WorkerMessage } from '../worker/protocol.ts';
import type { Ending, Transport, TransportFactory } from '../worker/transport.ts';
import { contractTasks } from './contract/contract-tasks.ts';
import { endingTasks } from './contract/ending-tasks.ts';
import type { ContractCase } from './executor-contract.ts';

const { add, same } = contractTasks;
const { exit, spin, uncaught } = endingTasks;

/** A worker on trial, and what was heard of it. */
class Subject {
  readonly transport: Transport;
  readonly messages: WorkerMessage[] = [];
  readonly endings: Ending[] = [];
  readonly #claims: HostClaims | undefined;
  #whenHeard: () => void = () => undefined;
  #sent = 0;

  constructor(factory: TransportFactory) {
    const { transport, claims } = factory.start({
      message: (message) => {
        assert.equal(this.endings.length, 0, 'a message came after the end');
        this.messages.push(message);
        this.#whenHeard();
      },
      ended: (ending) => {
        this.endings.push(ending);
        this.#whenHeard();
      },
    });
    this.transport = transport;
    this.#claims = claims;
  }

  /** Sends calls of a task; each message names the task anew. */
  post(task: unknown, inputs: readonly (readonly unknown[])[]): void {
    this.#claims?.offer(this.#sent, inputs.length);
    const message: BatchMessage = {
      kind: 'batch',
      first: this.#sent,
      task: this.#sent,
      module: coreOf(task)?.module as TaskModule, // Given tasks of modules only.
      inputs,
      isSingle: false,
      isPacked: false,
    };
    this.transport.post(message);
    this.#sent += inputs.length;
  }

  /** The values given so far, in the order in which they came. */
  get values(): readonly unknown[] {
    return this.messages
      .filter((message): message is OutcomesMessage => message.kind === 'outcomes')
      .flatMap(({ values }) => values);
  }

  async when(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        this.#whenHeard = resolve;
      });
    }
  }

  async valuesOf(count: number): Promise<readonly unknown[]> {
    await this.when(() => this.values.length >= count || this.endings.length > 0);
    return this.values;
  }

  async ending(): Promise<Ending> {
    await this.when(() => this.endings.length > 0);
    return this.endings[0] as Ending;
  }
}

type CaseBody = (subject: Subject) => Promise<void>;

const bodies: Readonly<Record<string, CaseBody>> = {
  'a worker speaks first: it is ready, says so once, and when it imports a module': async (subject) => {
    subject.post(add, [[1, 2]]);
    assert.deepEqual(await subject.valuesOf(1), [3]);
    assert.deepEqual(
      subject.messages.map(({ kind }) => kind),
      ['ready', 'loading', 'loaded', 'outcomes'],
    );
  },
  'post() keeps what is sent before the worker listens, in order': async (subject) => {
    for (let i = 0; i < 200; i++) subject.post(add, [[i, 1]]);
    assert.deepEqual(
      await subject.valuesOf(200),
      Array.from({ length: 200 }, (_, i) => i + 1),
    );
  },
  'post() keeps large messages whole, both ways': async (subject) => {
    const large = 'ä'.repeat(3_000_000);
    const bytes = new Uint8Array(5_000_001).fill(7);
    subject.post(same, [[large], [bytes], [1]]);
    const [text, back, one] = await subject.valuesOf(3);
    assert.equal(text, large);
    assert.ok(back instanceof Uint8Array && back.length === bytes.length);
    assert.equal(back.at(-1), 7);
    assert.equal(one, 1);
  },
  'post() keeps what the clone algorithm keeps': async (subject) => {
    const buffer = new ArrayBuffer(8);
    const value = {
      holes: new Array(3),
      numbers: [-0, Number.NaN, 2n ** 70n],
      map: new Map<unknown, unknown>([[{ a: 1 }, new Set([undefined])]]),
      dates: [new Date(0), new Date(Number.NaN)],
      pattern: /x/giu,
      boxed: new String('s'),
      views: [new Uint8Array(buffer), new DataView(buffer), new Float64Array(buffer)],
      self: undefined as unknown,
    };
    value.self = value;
    subject.post(same, [[value]]);
    const [copy] = (await subject.valuesOf(1)) as [typeof value];
    assert.deepEqual(copy, value);
    assert.equal(copy.self, copy);
    assert.equal(copy.views[0]?.buffer, copy.views[2]?.buffer);
  },
  'post() throws for what cannot be cloned, and has sent nothing': async (subject) => {
    for (const bad of [() => 1, Symbol('s'), Promise.resolve(1)]) {
      assert.throws(() => subject.post(same, [[{ good: 'x'.repeat(100_000), bad }]]), {
        name: 'DataCloneError',
      });
    }
    subject.post(add, [[1, 2]]);
    assert.deepEqual(await subject.valuesOf(1), [3]);
  },
  'ended() comes once, after the outcomes of all calls before a process.exit()': async (subject) => {
    const sums = Array.from({ length: 100 }, (_, i) => [i, 1] as const);
    subject.post(add, sums);
    subject.post(exit, [[3]]);
    subject.post(add, sums);
    assert.equal((await subject.ending()).exitCode, 3);
    assert.deepEqual(
      subject.values,
      sums.map(([i]) => i + 1),
    );
    await subject.transport.terminate();
    assert.equal(subject.endings.length, 1);
  },
  'ended() tells an error that nobody caught': async (subject) => {
    subject.post(uncaught, [[]]);
    const { error } = await subject.ending();
    assert.ok(error instanceof RangeError);
    assert.equal(error.message, 'nobody catches this');
  },
  'stop lets the worker end by itself, after the calls it has': async (subject) => {
    subject.post(add, [[1, 2]]);
    await subject.valuesOf(1);
    subject.transport.post({ kind: 'stop' });
    const { exitCode, error } = await subject.ending();
    assert.deepEqual({ exitCode, error }, { exitCode: 0, error: undefined });
  },
  'terminate() ends a worker in an endless loop': async (subject) => {
    subject.post(add, [[1, 2]]);
    subject.post(spin, [[]]);
    await subject.valuesOf(1);
    await subject.transport.terminate();
    assert.equal(subject.endings.length, 1);
    assert.deepEqual(subject.values, [3]);
  },
  'terminate() ends a worker that is being started': async (subject) => {
    await subject.transport.terminate();
    assert.equal(subject.endings.length, 1);
  },
  'terminate() may be called again, also when the worker is gone': async (subject) => {
    await Promise.all([subject.transport.terminate(), subject.transport.terminate()]);
    await subject.transport.terminate();
    assert.equal(subject.endings.length, 1);
  },
  'post() to a worker that is gone does nothing': async (subject) => {
    await subject.transport.terminate();
    subject.post(add, [[1, 2]]);
    subject.transport.keepAlive(true);
    subject.transport.keepAlive(false);
    assert.deepEqual(subject.values, []);
  },
};

/** Gives the contract's cases for workers of one kind. Give each its own time limit. */
export function transportContract(open: () => TransportFactory): readonly ContractCase[] {
  return Object.entries(bodies).map(([name, body]) => ({
    name,
    run: async () => {
      const subject = new Subject(open());
      try {
        await body(subject);
      } finally {
        await subject.transport.terminate();
      }
    },
  }));
}
