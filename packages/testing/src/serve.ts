/** Serves a folder on the loopback address, with the two headers of cross-origin isolation if asked. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

export interface Server {
  url: string;
  close(): void;
}

export interface ServeOptions {
  readonly isolated: boolean;
  /** Pages that are in no folder, by their path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Gets what the page posts, with the path that it posts to. */
  readonly onPost?: (path: string, body: string) => void;
}

/** Starts a server on a free port. */
export async function serve(folder: string, { isolated, files = {}, onPost }: ServeOptions): Promise<Server> {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    const name = path.endsWith('/') ? join(path, 'index.html') : path;
    if (isolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    if (request.method === 'POST') {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      onPost?.(path, Buffer.concat(parts).toString('utf8'));
      response.writeHead(204).end();
      return;
    }
    try {
      const body = files[path] ?? (await readFile(join(folder, name)));
      const type = types[extname(name)] ?? 'application/octet-stream';
      response.writeHead(200, { 'Content-Type': type }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
