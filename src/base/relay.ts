/**
 * The way of what a thread or process wants shown, to the one that started it and can show it.
 *
 * Sent is plain data, of which only those who show know what it means. The two ends find each other by what hangs on
 * `globalThis`, since those who carry the data and those who show it do not know each other.
 */

/** The end that sends. There is one only where what is shown here is shown elsewhere. */
export interface Relay {
  send(data: unknown): void;
  /** Does something as soon as what is being done here is over, unless disposed before. */
  whenOver(action: () => void): Disposable;
}

/** The end that takes: one for each thread or process that sends. */
export interface RelayReceiver {
  take(data: unknown): void;
  /** Nothing more will come. */
  end(): void;
}

interface Ends {
  relay?: Relay | undefined;
  openReceiver?: (() => RelayReceiver) | undefined;
}

/** Shared by all copies of the library whose data is of this form: the number is that of the form. */
const key = Symbol.for('heddle.relay.1');

function ends(): Ends {
  const global = globalThis as { [key]?: Ends };
  global[key] ??= {};
  return global[key];
}

/** `undefined` where what is shown is shown here. */
export function relayOfThread(): Relay | undefined {
  return ends().relay;
}

export function setRelay(relay: Relay | undefined): void {
  ends().relay = relay;
}

/** Opens an end for one that sends. @returns `undefined` if nobody here shows anything */
export function openReceiver(): RelayReceiver | undefined {
  return ends().openReceiver?.();
}

export function setReceivers(open: (() => RelayReceiver) | undefined): void {
  ends().openReceiver = open;
}
