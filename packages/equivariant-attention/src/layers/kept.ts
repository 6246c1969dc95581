/** What was worked out for images of a size, for the next of that size. */

/** As many sizes are kept; then all are forgotten. */
const most = 16;

/** What is kept under a name, or else is made now and kept. */
export function kept<T>(found: Map<string, T>, name: string, make: () => T): T {
  const known = found.get(name);
  if (known !== undefined) return known;
  const made = make();
  if (found.size >= most) found.clear();
  found.set(name, made);
  return made;
}
