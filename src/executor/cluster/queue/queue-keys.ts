/**
 * What a queue has in Redis, by name. BullMQ's own keys begin with `heddle-jobs:` and the name of the queue.
 */

/** The prefix of BullMQ's keys. */
export const bullPrefix = 'heddle-jobs';

/** Names of keys. Those of a client go with it; `docs/formats/queue.md` describes what is in them. */
export interface ClientKeys {
  /** String: who the client is, as JSON. It is there for as long as the client lives, or may come back. */
  readonly about: string;
  /** Stream: what workers tell the client. */
  readonly replies: string;
  /** Hash: large values, by digest. */
  readonly values: string;
  /** Hash: the tasks of its calls, as JSON, by number. */
  readonly tasks: string;
  /** Hash: what the modules of tasks are made of, by URL. */
  readonly sources: string;
  /** Hash: values of calls that ended well, by key. Of runs with a name. */
  readonly outcomes: string;
  /** Hash: in which batch a call was sent, by key. Of runs with a name. */
  readonly sent: string;
  /** String: which client has the run. Of runs with a name. */
  readonly owner: string;
}

/** Sorted set: the workers of a queue, by when they count as gone. */
export function fleetKey(queue: string): string {
  return `heddle-queue:${queue}:fleet`;
}

/** Channel: what workers are to give up on. */
export function cancelChannel(queue: string): string {
  return `heddle-queue:${queue}:cancel`;
}

/** List: the workers that were lost with a call. */
export function lossesKey(queue: string, job: string): string {
  return `heddle-queue:${queue}:losses:${job}`;
}

/** The keys of a client. */
export function clientKeys(queue: string, client: string): ClientKeys {
  const key = (what: string): string => `heddle-queue:${queue}:client:${client}:${what}`;
  return {
    about: key('about'),
    replies: key('replies'),
    values: key('values'),
    tasks: key('tasks'),
    sources: key('sources'),
    outcomes: key('outcomes'),
    sent: key('sent'),
    owner: key('owner'),
  };
}

/** All that there can be of a client. */
export function allClientKeys(queue: string, client: string): string[] {
  return Object.values(clientKeys(queue, client));
}
