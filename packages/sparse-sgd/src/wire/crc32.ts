/** CRC-32 as fast as the host has it: at a few hundred kB a message, it is most of what a round costs. */
import { portableCrc32 } from './checksum.js';

interface Zlib {
  readonly crc32?: (bytes: Uint8Array) => number;
}

const host = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
const zlib = host.process?.getBuiltinModule?.('node:zlib') as Zlib | undefined;

/** CRC-32 of zip and png: Node's own, elsewhere the one in JavaScript. */
export const crc32: (bytes: Uint8Array) => number = zlib?.crc32 ?? portableCrc32;
