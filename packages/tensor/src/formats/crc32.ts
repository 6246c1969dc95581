/** The checksum of zip and png: Node's own where there is one, which is many times as fast, else in plain JavaScript. */

interface Zlib {
  readonly crc32?: (bytes: Uint8Array) => number;
}

interface Host {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
}

/** Table b: the CRC-32 of a byte that b zero bytes follow. */
function makeTables(): Int32Array[] {
  const tables = Array.from({ length: 4 }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    tables[0]![byte] = crc;
  }
  for (let t = 1; t < 4; t++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = tables[t - 1]![byte]!;
      tables[t]![byte] = (before >>> 8) ^ tables[0]![before & 0xff]!;
    }
  }
  return tables;
}

let tables: Int32Array[] | undefined;

/** CRC-32 in plain JavaScript, four bytes at once. */
export function portableCrc32(bytes: Uint8Array): number {
  tables ??= makeTables();
  const [t0, t1, t2, t3] = tables as [Int32Array, Int32Array, Int32Array, Int32Array];
  const { length } = bytes;
  let crc = -1;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc = t3[crc & 0xff]! ^ t2[(crc >>> 8) & 0xff]! ^ t1[(crc >>> 16) & 0xff]! ^ t0[crc >>> 24]!;
  }
  for (; i < length; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]!) & 0xff]!;
  return ~crc >>> 0;
}

let fastest: ((bytes: Uint8Array) => number) | undefined;

/** CRC-32 of zip, png and Ethernet: a whole number below 2^32. */
export function crc32(bytes: Uint8Array): number {
  // Looked for when it is needed, so that bundlers can leave all of this out.
  fastest ??=
    ((globalThis as Host).process?.getBuiltinModule?.('node:zlib') as Zlib | undefined)?.crc32 ?? portableCrc32;
  return fastest(bytes);
}
