/** Work that is asked for more often than it can be done: only the latest wish counts. */

/** A function that asks for the task; while it runs, it is done once more at most. */
export function latest(task: () => Promise<void>, onError: (error: unknown) => void): () => void {
  let [running, again] = [false, false];
  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      try {
        await task();
      } catch (error) {
        onError(error);
      }
    } while (again);
    running = false;
  };
  return () => {
    again = running;
    if (!running) void run();
  };
}
