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
