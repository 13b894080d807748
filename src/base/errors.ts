/**
 * The classes of errors that heddle throws, by whom they blame.
 *
 * Each has a stable `code`. Two copies of the library may be installed side by side, so recognize an
 * error with `isHeddleError` and its `code`, not with `instanceof`.
 */

/** Marks the errors of every copy of this library. */
const errorBrand = Symbol.for('heddle.error');

/** Any error that heddle itself throws. */
export class HeddleError extends Error {
  override readonly name: string = 'HeddleError';
  /** Stable across versions: programs may compare it. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, errorBrand, { value: true });
  }
}

/** Something took longer than it was given. */
export class TimedOutError extends HeddleError {
  override readonly name: string = 'TimedOutError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_TIMED_OUT', message, options);
  }
}

/** You used something after you had disposed of it. Fix the caller. */
export class ClosedError extends HeddleError {
  override readonly name: string = 'ClosedError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_CLOSED', message, options);
  }
}

/** A promise of heddle itself is broken. Please report it. */
export class InternalError extends HeddleError {
  override readonly name: string = 'InternalError';
  constructor(message: string, options?: ErrorOptions) {
    super(
      'HEDDLE_INTERNAL',
      `Internal error: ${message}\nThis is a defect of heddle: please report it with the stack below`,
      options,
    );
  }
}

/**
 * Tells whether a value is an error of heddle, whichever copy of the library threw it.
 *
 * @example
 * ```ts
 * import { isHeddleError, openInline } from 'heddle';
 * try {
 *   openInline({ concurrency: 0 });
 * } catch (error) {
 *   assert.ok(isHeddleError(error) || error instanceof RangeError);
 * }
 * ```
 */
export function isHeddleError(value: unknown): value is HeddleError {
  return value instanceof Error && errorBrand in value;
}
