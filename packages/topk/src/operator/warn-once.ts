/** Warnings that are told once, however often their cause comes. */
const told = new Set<string>();

/** Prints a warning unless it was printed before. */
export function warnOnce(message: string): void {
  if (told.has(message)) return;
  told.add(message);
  console.warn(`saccade: ${message}`);
}
