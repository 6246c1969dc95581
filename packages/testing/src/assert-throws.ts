// Checks that a function throws an error of one class with one kind of message.

// biome-ignore lint/suspicious/noExplicitAny: any class of errors, whatever its constructor takes
type ErrorClass = abstract new (...args: any[]) => Error;

/** Throws unless `fn` throws an `errorClass` whose message matches; returns the error. */
export function assertThrows(fn: () => unknown, errorClass: ErrorClass = Error, message: RegExp = /./): Error {
  let result: unknown;
  try {
    result = fn();
  } catch (error) {
    return checked(error, errorClass, message);
  }
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new Error('assertThrows got a promise: use assertRejects');
  }
  throw new Error(`expected ${errorClass.name} matching ${message}, but nothing was thrown`);
}

/** Throws unless `fn` rejects (or throws) with an `errorClass` whose message matches; returns the error. */
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  errorClass: ErrorClass = Error,
  message: RegExp = /./,
): Promise<Error> {
  try {
    await fn();
  } catch (error) {
    return checked(error, errorClass, message);
  }
  throw new Error(`expected ${errorClass.name} matching ${message}, but nothing was thrown`);
}

function checked(error: unknown, errorClass: ErrorClass, message: RegExp): Error {
  if (!(error instanceof errorClass)) {
    throw new Error(`expected ${errorClass.name} matching ${message}, got ${error}`, { cause: error });
  }
  if (!message.test(error.message)) {
    throw new Error(`expected a message matching ${message}, got: ${error.message}`, { cause: error });
  }
  return error;
}
