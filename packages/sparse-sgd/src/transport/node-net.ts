/** The few functions of Node's `net` that the hub needs, reached so that a browser bundle has nothing to resolve. */
import { DeviceError } from '@saccade/tensor';

/** A TCP connection, as far as it is used here. */
export interface Socket {
  readonly bytesWritten: number;
  readonly bytesRead: number;
  on(event: 'data', listener: (piece: Uint8Array) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'connect' | 'close' | 'drain', listener: () => void): void;
  write(bytes: Uint8Array): boolean;
  cork(): void;
  uncork(): void;
  end(done?: () => void): void;
  destroy(): void;
  setNoDelay(on: boolean): void;
  setKeepAlive(on: boolean, idle: number): void;
}

/** A listening socket, as far as it is used here. */
export interface Server {
  listen(port: number, host: string, done: () => void): void;
  once(event: 'error', listener: (error: Error) => void): void;
  address(): unknown;
  close(done: () => void): void;
}

/** `node:net`, as far as it is used here. */
export interface NodeNet {
  connect(options: { readonly host: string; readonly port: number }): Socket;
  createServer(connected: (socket: Socket) => void): Server;
}

/** @param op how an error names the operation @throws {DeviceError} where there are no sockets, as in a browser */
export function nodeNet(op: string): NodeNet {
  const host = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const net = host.process?.getBuiltinModule?.('node:net') as NodeNet | undefined;
  if (net !== undefined) return net;
  throw new DeviceError(`${op}: this host has no TCP; in a browser use createNatsTransport or createThreadTransport`);
}

/** Writes frames so that those of one turn of the event loop go out together. */
export class FrameWriter {
  readonly #socket: Socket;
  #corked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** @returns whether the socket takes more at once; else it says `drain` when it does */
  write(pieces: readonly Uint8Array[]): boolean {
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      (globalThis as unknown as { setImmediate(action: () => void): void }).setImmediate(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    let more = true;
    for (const piece of pieces) more = this.#socket.write(piece);
    return more;
  }
}
