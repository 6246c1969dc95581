/** Under which addresses a hub of this process is reached. */
import { networkInterfaces } from 'node:os';
import type { Hub } from '../transport/tcp-hub.js';
import { hostText } from './meeting-place.js';

/** Addresses under which others reach a hub: all of the machine's where it listens at all of them. */
export function reachableAddresses(hub: Pick<Hub, 'host' | 'port'>): string[] {
  const { host, port } = hub;
  if (host !== '0.0.0.0' && host !== '::') return [hostText({ host, port })];
  const outside = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => hostText({ host: address, port }));
  return outside.length > 0 ? outside : [hostText({ host: '127.0.0.1', port })];
}

/** Where this process itself reaches it. */
export function ownAddress({ host, port }: Pick<Hub, 'host' | 'port'>): {
  readonly host: string;
  readonly port: number;
} {
  return { host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port };
}
