/** A TCP proxy that can cut, hold and forget connections. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between workers and a hub. */
export interface CutProxy {
  readonly port: number;
  /** Ends all connections without a word, in the middle of whatever is on its way. New ones are served. */
  cut(): void;
  /** From now on nothing goes through existing connections, though they look alive; new ones are not answered. */
  hold(): void;
  /** New connections are served again. */
  release(): void;
  close(): void;
}

/** A proxy to a port of this machine. */
export async function startProxy(target: number): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  let held = false;
  let generation = 0;
  const forward = (from: Socket, to: Socket): void => {
    const born = generation;
    from.on('data', (piece) => born === generation && to.write(piece));
    from.on('error', () => {});
    from.on('close', () => {
      sockets.delete(from);
      if (born === generation) to.destroy();
    });
    sockets.add(from);
  };
  const server = createServer((near) => {
    if (held) {
      near.on('error', () => {});
      near.on('close', () => sockets.delete(near));
      near.resume();
      sockets.add(near);
      return;
    }
    const far = connect(target, '127.0.0.1');
    forward(near, far);
    forward(far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as { port: number }).port,
    cut,
    hold: () => {
      held = true;
      generation++;
    },
    release: () => {
      held = false;
    },
    close: () => {
      server.close();
      cut();
    },
  };
}
