/** Names of layers and tensors as errors show them: longer than other values, as a layer is known by the end of its name. */

/** In quotes, with what would move a terminal's cursor escaped; the first 200 characters. */
export function quotedName(name: string): string {
  return JSON.stringify(String(name).slice(0, 200));
}
