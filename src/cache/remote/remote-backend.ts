/**
 * A cache kept by a server: store and records over one line, which is closed when both are.
 */

import type { Clock } from '../../base/clock.ts';
import type { Backend } from '../backend.ts';
import type { RemoteDriver } from './remote-driver.ts';
import { RemoteLine } from './remote-line.ts';
import { RemoteRecords } from './remote-records.ts';
import { RemoteStore } from './remote-store.ts';

/** How long an answer is waited for, unless told otherwise. Arbitrary: servers nearby take a thousandth of it. */
export const defaultTimeoutMs = 5000;

/** Makes store and records of a driver. */
export function remoteBackend(driver: RemoteDriver, clock: Clock, timeoutMs: number): Backend {
  const line = new RemoteLine(driver, clock, timeoutMs);
  const isClosed = { store: false, records: false };
  const closeHalf = async (half: 'store' | 'records'): Promise<void> => {
    if (isClosed[half]) return;
    isClosed[half] = true;
    try {
      // Claims go after what was put.
      await line.flush();
    } finally {
      if (half === 'records') await records.giveUpClaims();
      if (isClosed.store && isClosed.records) await line.close();
    }
  };
  const records = new RemoteRecords(line, () => closeHalf('records'));
  return { values: new RemoteStore(line, () => closeHalf('store')), calls: records };
}
