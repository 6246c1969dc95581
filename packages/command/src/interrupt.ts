/** Ctrl-C, as a signal that work can watch. */

/** Aborted at the first Ctrl-C; the second ends the process at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Error('stopped by Ctrl-C'));
  });
  return controller.signal;
}

/** Whether an error is that somebody pressed Ctrl-C. */
export function isInterrupt(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && error === signal.reason;
}

/** Resolves at Ctrl-C. */
export function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}

/** A signal that follows another one after so many milliseconds, in which work may end by itself. */
export function delayedSignal(signal: AbortSignal, milliseconds: () => number): AbortSignal {
  const controller = new AbortController();
  const follow = (): void => void setTimeout(() => controller.abort(signal.reason), milliseconds());
  if (signal.aborted) follow();
  else signal.addEventListener('abort', follow, { once: true });
  return controller.signal;
}
