/** The numbers that codes of natural compression stand for. */

/** Entry |code| of codes from 107 to 383: 2^(|code| - 256). */
const powers: Float64Array = Float64Array.from({ length: 384 }, (_, code) => (code < 107 ? 0 : 2 ** (code - 256)));

/** sign(code) 2^(|code| - 256), 0 for 0. @param code 0, or of magnitude 107 to 383 */
export function powerOfTwo(code: number): number {
  return code < 0 ? -powers[-code]! : powers[code]!;
}
