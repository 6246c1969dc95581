/** The typed errors that every package throws; each message says what was expected and what came. */

/** Base of all errors thrown by Saccade. `code` is stable across versions, the message is for people. */
export class SaccadeError extends Error {
  /** A stable, machine-readable name of the failure, for instance `'shape'`. */
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** A rank, shape or axis does not fit the operation. */
export class ShapeError extends SaccadeError {
  constructor(message: string) {
    super('shape', message);
  }
}

/** An element type does not fit the operation or the device. */
export class DTypeError extends SaccadeError {
  constructor(message: string) {
    super('dtype', message);
  }
}

/** An argument or option is out of its range, NaN, or of the wrong kind. */
export class OptionError extends SaccadeError {
  constructor(message: string) {
    super('option', message);
  }
}

/** An index points outside the axis that it indexes. */
export class IndexError extends SaccadeError {
  constructor(message: string) {
    super('index', message);
  }
}

/** A tensor was used after its memory had been released. */
export class DisposedError extends SaccadeError {
  constructor(message: string) {
    super('disposed', message);
  }
}

/** A device is missing, cannot do what was asked, or two devices were mixed in one operation. */
export class DeviceError extends SaccadeError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('device', message, options);
  }
}

/** The device has no room for a request. */
export class OutOfMemoryError extends SaccadeError {
  /** Bytes that were asked for. */
  readonly requested: number;
  /** Bytes in use when the request failed. */
  readonly inUse: number;

  constructor(message: string, requested: number, inUse: number) {
    super('out-of-memory', message);
    this.requested = requested;
    this.inUse = inUse;
  }
}

/** A file or byte stream is not what its format demands. */
export class FormatError extends SaccadeError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('format', message, options);
  }
}

/** A gradient was asked for where none exists. */
export class GradientError extends SaccadeError {
  constructor(message: string) {
    super('gradient', message);
  }
}
