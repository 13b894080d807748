/**
 * Where jobs connect back to: a port of this machine, and a file that holds the secret of the run.
 *
 * - **Address:** it listens at one address, which was chosen, and at no other.
 * - **Secret:** made for this run, in a file that its owner alone may read, in a folder that he alone may enter. Jobs are told its
 *   path, never what is in it.
 * - **Strangers** are refused, and told of; see `handshake.ts`.
 * - **At rest:** it does not keep the process alive, unless asked to.
 */

import type { Server, Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { newSecret, receive, type Visit, type Visitor } from './handshake.ts';

export interface LandingParts {
  /** At which it listens, an address of this machine. */
  readonly address: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** A folder that its owner alone may enter, on a disk that jobs share. */
  readonly folder: string;
  readonly clock: Clock;
  /** Somebody has proved itself, and waits to be let in. */
  arrived(visit: Visit): void;
  /** Somebody was refused. @param who - if it was known */
  refused(reason: Error, who: Visitor | undefined): void;
}

export class Landing {
  readonly #server: Server;
  readonly #sockets: ReadonlySet<Socket>;
  /** Where it listens: `10.0.0.1:40123`. */
  readonly place: string;
  readonly secretFile: string;

  constructor(server: Server, sockets: Set<Socket>, place: string, secretFile: string) {
    this.#server = server;
    this.#sockets = sockets;
    this.place = place;
    this.secretFile = secretFile;
  }

  /** @throws {Error} If it cannot listen there, or the folder cannot be made. */
  static async open(parts: LandingParts): Promise<Landing> {
    const { address, port, folder, clock } = parts;
    const { createServer } = process.getBuiltinModule('node:net');
    const { join } = process.getBuiltinModule('node:path');
    const fs = process.getBuiltinModule('node:fs');
    const secret = newSecret();
    const secretFile = join(folder, 'secret');
    fs.writeFileSync(secretFile, secret, { mode: 0o600, flag: 'wx' });
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      // Whoever has it hears of its end.
      socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
      socket.unref();
      receive(socket, secret, clock).then(parts.arrived, (error: Error & { readonly who?: Visitor }) =>
        parts.refused(error, error.who),
      );
    });
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen({ host: address, port }, resolve);
      });
    } catch (cause) {
      throw new Error(
        `Cannot listen for jobs as ${(cause as Error).message}: received address '${address}', port ${port}`,
        { cause },
      );
    }
    server.on('error', () => undefined).unref();
    const bound = server.address() as {
      readonly address: string;
      readonly port: number;
      readonly family: string;
    };
    const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
    return new Landing(server, sockets, `${host}:${bound.port}`, secretFile);
  }

  /** Whether it keeps this process alive: while somebody is waited for. */
  keepAlive(doesKeep: boolean): void {
    if (doesKeep) this.#server.ref();
    else this.#server.unref();
  }

  /** Listens no more, and closes all connections. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
