/** Text for people and programs: results on standard output, all else on standard error. */

/** Writes text; done once the stream has taken it. */
export function print(text: string, stream: NodeJS.WritableStream = process.stdout): Promise<void> {
  return new Promise((done) => stream.write(text, () => done()));
}

/** Writes one value as JSON. */
export function printJson(value: unknown): Promise<void> {
  return print(`${JSON.stringify(value, null, 2)}\n`);
}

/** A line for people who wait. */
export function tell(text: string): Promise<void> {
  return print(`${text}\n`, process.stderr);
}
