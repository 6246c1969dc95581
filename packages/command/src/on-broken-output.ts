/** What a program does when nobody takes its output any more. */
import { tell } from './print.js';

/**
 * Ends the process without a word once the reader of its output is gone, as `head` is after ten lines; with a message and status 1 where
 * output cannot be written for another reason.
 *
 * @param name what the message begins with
 * @param status the exit status where the reader is gone
 */
export function onBrokenOutput(name: string, status: () => number): void {
  const isGone = (error: NodeJS.ErrnoException): boolean => error.code === 'EPIPE';
  process.stderr.on('error', (error) => process.exit(isGone(error) ? status() : 1));
  process.stdout.on('error', async (error) => {
    if (isGone(error)) process.exit(status());
    await tell(`${name}: cannot write the output (${error.message})`);
    process.exit(1);
  });
}
