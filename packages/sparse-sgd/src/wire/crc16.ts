/** The checksum of short frames. */

/** CRC-16/CCITT-FALSE: polynomial x^16 + x^12 + x^5 + 1, from 0xffff. Finds any three wrong bits in up to 4 kB. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) & 0xffff) ^ 0x1021 : crc << 1;
  }
  return crc;
}
