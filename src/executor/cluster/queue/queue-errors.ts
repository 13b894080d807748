/**
 * What can go wrong with a queue, as errors.
 */

import { HeddleError } from '../../../base/errors.ts';

/** A queue cannot be opened, or its server has been gone for too long. */
export class QueueError extends HeddleError {
  override readonly name: string = 'QueueError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_QUEUE', message, options);
  }
}

/** What an error says, in one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, name } = error;
  // Of a refused connection, Node.js tells each address that it tried.
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : undefined;
  const text = message === '' && inner instanceof Error ? inner.message : message;
  return (text === '' ? name : text).split('\n')[0] ?? name;
}
