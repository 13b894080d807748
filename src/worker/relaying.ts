/**
 * Takes what workers want shown out of what they send, and gives it to whoever shows it here; what it is, only
 * those know. With a worker, all that it showed ends.
 */

import { openReceiver, type RelayReceiver } from '../base/relay.ts';
import type { SentMessage } from './protocol.ts';
import type { Started, TransportFactory, TransportListener } from './transport.ts';

/**
 * Makes workers of a kind.
 *
 * @param start - starts one; tells all that it sends
 * @param traits - of the kind, see `TransportFactory`
 */
export function relaying(
  name: string,
  start: (listener: TransportListener<SentMessage>) => Started,
  traits: Pick<TransportFactory, 'startsLate'> = {},
): TransportFactory {
  return {
    name,
    ...traits,
    start: (listener) => {
      let receiver: RelayReceiver | undefined;
      return start({
        message: (message) => {
          if (message.kind !== 'relayed') {
            listener.message(message);
            return;
          }
          receiver ??= openReceiver();
          receiver?.take(message.data);
        },
        ended: (ending) => {
          receiver?.end();
          listener.ended(ending);
        },
      });
    },
  };
}
