/** Checks of what callers pass. */
import {
  DeviceError,
  DTypeError,
  isTensor,
  OptionError,
  quote,
  ShapeError,
  sameShape,
  show,
  type Tensor,
} from '@saccade/tensor';
import type { AnyModule } from './module.js';

/** @throws {DTypeError} unless every value is a tensor */
export function requireTensors(op: string, given: Readonly<Record<string, unknown>>): void {
  for (const name in given) {
    if (!isTensor(given[name])) throw new DTypeError(`${op}: ${name} must be a tensor, got ${quote(given[name])}`);
  }
}

/** @throws {OptionError} unless it is a module */
export function requireModule(op: string, module: unknown): void {
  if (typeof (module as Partial<AnyModule> | undefined)?.modules === 'function') return;
  throw new OptionError(`${op}: expected a module, got ${quote(module)}`);
}

/** Shapes that broadcast by accident give a wrong loss without a word, so none does. @throws {ShapeError} if they differ */
export function requireSameShape(op: string, a: Tensor, b: Tensor): void {
  requireTensors(op, { predictions: a, targets: b });
  if (!sameShape(a.shape, b.shape)) {
    throw new ShapeError(`${op}: predictions ${show(a.shape)} and targets ${show(b.shape)} differ in shape`);
  }
}

/** @throws {DTypeError} unless labels are int32 or uint8 @throws {ShapeError} unless there is one for each vector of logits [..., classes] */
export function requireLabels(op: string, logits: Tensor, labels: Tensor): void {
  requireTensors(op, { logits, labels });
  if (labels.dtype !== 'int32' && labels.dtype !== 'uint8') {
    throw new DTypeError(`${op}: labels must be int32, got ${labels.dtype}; use labels.cast('int32')`);
  }
  const lead = logits.shape.slice(0, -1);
  if (logits.rank === 0 || !sameShape(labels.shape, lead)) {
    throw new ShapeError(`${op}: logits ${show(logits.shape)} need labels ${show(lead)}, got ${show(labels.shape)}`);
  }
}

/** @throws {DeviceError} unless a given tensor lives where the module's own does */
export function requireDevice(op: string, own: Tensor, given: Tensor): void {
  if (own.device === given.device) return;
  throw new DeviceError(
    `${op}: the module lives on '${own.device.name}', the given tensors on another '${given.device.name}'`,
  );
}
