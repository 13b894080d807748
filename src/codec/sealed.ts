/**
 * A value that has come from elsewhere and has not been read, as large data in it is by reference: whoever needs it opens it;
 * whoever only passes it on does not.
 *
 * Each sealed value is somebody's own: it keeps the data where it is until it is released. To give it to several, it is
 * shared first.
 */

import { copyValue } from './copy.ts';

/** Where the data of sealed values is. */
export interface SealedHome {
  /**
   * Gives the value of packed data, which becomes the value's own.
   *
   * @throws {DecodeError} If it cannot be read.
   */
  open(data: unknown): unknown;
  /** Keeps what is at places, until it is released as often. */
  hold(places: ReadonlySet<string>): void;
  release(places: ReadonlySet<string>): void;
}

export class Sealed {
  readonly home: SealedHome;
  readonly #data: unknown;
  readonly #places: ReadonlySet<string>;
  #scope: Set<Sealed> | undefined;
  #isReleased = false;

  /**
   * @param data - packed; nobody changes it any more
   * @param places - where its references are
   */
  constructor(home: SealedHome, data: unknown, places: ReadonlySet<string>) {
    this.home = home;
    this.#data = data;
    this.#places = places;
    home.hold(places);
  }

  /** Gives the packed data, as a copy. */
  packed(): unknown {
    return copyValue(this.#data);
  }

  /**
   * Gives the value. Each time another one, of which nothing is shared with the others.
   *
   * @throws {DecodeError} If it cannot be read, as what it refers to is gone or damaged.
   */
  open(): unknown {
    return this.home.open(this.packed());
  }

  /** Opens it, and lets it go. */
  take(): unknown {
    try {
      return this.open();
    } finally {
      this.release();
    }
  }

  /** Gives another one for somebody else. */
  share(): Sealed {
    const other = new Sealed(this.home, this.#data, this.#places);
    if (this.#scope !== undefined) other.enter(this.#scope);
    return other;
  }

  /** Says who lets it go at the latest, and all that are shared from it. */
  enter(scope: Set<Sealed>): void {
    this.#scope = scope;
    scope.add(this);
  }

  /** Nobody needs it any more. Once is enough; more does nothing. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#scope?.delete(this);
    this.home.release(this.#places);
  }
}

/**
 * Opens the sealed values in arguments. They are not let go of.
 *
 * @throws {DecodeError} If one of them cannot be read.
 */
export function openedArguments(args: readonly unknown[]): unknown[] {
  return args.map((arg) => copyValue(arg, (value) => (value instanceof Sealed ? value.open() : value)));
}
