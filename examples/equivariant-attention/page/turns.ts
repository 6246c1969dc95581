/** One thing at a time: in browsers, tensors of two asynchronous tasks at once would belong to each other's scopes. */

const waiting: (() => Promise<void>)[] = [];
let busy = false;

/** Does something that makes tensors, after what came before. */
export function inTurn<T>(task: () => Promise<T> | T): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    waiting.push(async () => {
      try {
        resolve(await task());
      } catch (error) {
        reject(error);
      }
    });
    if (!busy) void doAll();
  });
}

async function doAll(): Promise<void> {
  busy = true;
  await giveTurns();
  busy = false;
}

/** Within a long task, where it has no scope open: lets those that wait go first. */
export async function giveTurns(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
}
