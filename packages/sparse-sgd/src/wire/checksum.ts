/** Checksums of frames: CRC-32, and a CRC of 16 bits for short ones. */

/** Table b: the CRC-32 of a byte that b zero bytes follow. */
const tables: readonly Int32Array[] = makeTables();

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

/** CRC-32 of zip, png and Ethernet. */
export function portableCrc32(bytes: Uint8Array): number {
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

/** CRC-16/CCITT-FALSE: polynomial x^16 + x^12 + x^5 + 1, from 0xffff. Finds any three wrong bits in up to 4 kB. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) & 0xffff) ^ 0x1021 : crc << 1;
  }
  return crc;
}
