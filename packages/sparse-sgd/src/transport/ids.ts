/** Names for members and logs that nobody else has: 8 random bytes, written as 16 hexadecimal digits. */

/** The 8 bytes of an id. */
export function idBytes(id: string): Uint8Array {
  const bytes = new Uint8Array(8);
  for (let index = 0; index < 8; index++) bytes[index] = Number.parseInt(id.slice(2 * index, 2 * index + 2), 16);
  return bytes;
}

/** The id of 8 bytes. */
export function idText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** A new id. Not from an `Rng`: two workers with the same seed must get different ones. */
export function newId(): string {
  return idText(globalThis.crypto.getRandomValues(new Uint8Array(8)));
}
