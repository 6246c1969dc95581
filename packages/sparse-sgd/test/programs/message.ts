/** A message that shows whose it is and which. */
export function message(rank: number, round: number, length = 8): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = 31 * rank + 7 * round + index;
  return bytes;
}
