/** The Tensor: a shape and an element type over a block of device memory. */
import {
  type ArrayOf,
  type Buffer,
  type Device,
  DeviceError,
  DisposedError,
  type DType,
  DTypeError,
  ShapeError,
  type TypedArray,
} from '@saccade/kernels';
import { describe } from './arguments.js';
import { brand } from './brand.js';
import { unwatch, watch } from './leaks.js';
import type { TensorMethods } from './methods.js';
import type { Scope } from './scope.js';
import { type Shape, show, sizeOf } from './shape.js';
import { currentScope, state } from './state.js';
import { isPinned, type Tape } from './tape.js';

/** A block of device memory and how many tensors look at it. */
export class Storage {
  readonly device: Device;
  readonly buffer: Buffer;
  /** Live tensors over this block; it is released with the last. */
  references = 0;

  constructor(device: Device, buffer: Buffer) {
    this.device = device;
    this.buffer = buffer;
  }
}

/** The chain methods, such as `x.matmul(w).add(b)`: an interface of the class's name adds them to its type, `methods.ts` to its prototype. */
export interface Tensor<S extends Shape = Shape> extends TensorMethods<S> {}

/**
 * An n-dimensional array on a device: row-major, contiguous; operations make new ones (`assign` alone changes one).
 * Its memory lives until the scope that it was made in ends, or until `dispose()`.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see above
export class Tensor<S extends Shape = Shape> {
  /** Extents of the axes, outermost first; empty for a scalar. */
  readonly shape: S;
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
  /** @internal */
  storage: Storage | undefined;
  /** @internal The scope that will free this tensor. */
  scope: Scope | undefined;
  /** @internal Neighbours in the scope's list. */
  next: Tensor | undefined = undefined;
  /** @internal */
  previous: Tensor | undefined = undefined;
  /** @internal The tape that marked this tensor first; nested ones keep lists. */
  tape: Tape | undefined = undefined;
  /** @internal Whether for that tape it comes from something watched. */
  tracked = false;
  /** @internal In how many places a backward pass holds it as a gradient. */
  holders = 0;

  /** @internal Made by operations; users call `tensor`, `zeros` and the like. */
  constructor(storage: Storage, shape: S, dtype: DType) {
    this.shape = shape;
    this.dtype = dtype;
    this.size = sizeOf(shape);
    this.storage = storage;
    storage.references += 1;
    state.tensors += 1;
    this.scope = currentScope();
    if (this.scope !== undefined) this.scope.tensors.add(this);
    else watch(this);
  }

  /** @internal */
  get '@saccade/tensor'(): true {
    return true;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Whether the memory was given back. */
  get disposed(): boolean {
    return this.storage === undefined;
  }

  /** The device that holds the values. @throws {DisposedError} */
  get device(): Device {
    return storageOf('device', this).device;
  }

  /**
   * A copy of the values, row-major, on every device. `D` tells the compiler the element type, and so the kind of array; it
   * neither converts nor checks: `await ids.data<'int32'>()` for a tensor that is of int32. Default float32.
   * @throws {DisposedError}
   */
  data<D extends DType = 'float32'>(): Promise<ArrayOf<D>> {
    const { device, buffer } = storageOf('data', this);
    return device.read(buffer) as Promise<ArrayOf<D>>;
  }

  /**
   * A copy of the values at once, on devices whose memory the CPU sees. `D` as in `data`.
   * @throws {DeviceError} on a GPU, which must be awaited: use `await t.data()` @throws {DisposedError}
   */
  dataSync<D extends DType = 'float32'>(): ArrayOf<D> {
    return readNow('dataSync', this) as ArrayOf<D>;
  }

  /** The only value of a tensor with one element, at once. @throws {ShapeError} for more or none @throws {DeviceError} as `dataSync` @throws {DisposedError} */
  item(): number {
    if (this.size !== 1) {
      throw new ShapeError(`item: expected one element, got shape ${show(this.shape)}`);
    }
    return (readNow('item', this) as TypedArray)[0] as number;
  }

  /** Gives the memory back. Doing so twice is fine; using the tensor afterwards throws DisposedError. */
  dispose(): void {
    // What the backward pass still needs goes with the scope around it.
    if (isPinned(this)) adopt(this, currentScope());
    else release(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** @internal Hands a tensor to another scope; without one it lives until it is disposed. */
export function adopt(t: Tensor, scope: Scope | undefined): void {
  if (t.storage === undefined || t.scope === scope) return;
  if (t.scope !== undefined) t.scope.tensors.delete(t);
  else unwatch(t);
  t.scope = scope;
  if (scope !== undefined) scope.tensors.add(t);
  else watch(t);
}

/** @internal Frees a tensor's memory, whatever records it. */
export function release(t: Tensor): void {
  const { storage } = t;
  if (storage === undefined) return;
  t.storage = undefined;
  if (t.scope !== undefined) t.scope.tensors.delete(t);
  else unwatch(t);
  t.scope = undefined;
  state.tensors -= 1;
  storage.references -= 1;
  if (storage.references === 0) storage.device.release(storage.buffer);
}

function readNow(op: string, t: Tensor<Shape>): TypedArray {
  const { device, buffer } = storageOf(op, t);
  if (device.readSync === undefined) {
    throw new DeviceError(`${op}: the ${device.name} device cannot be read at once; use await tensor.data()`);
  }
  return device.readSync(buffer);
}

/** The memory behind a tensor. @throws {DisposedError} naming the operation and the shape */
export function storageOf(op: string, t: Tensor<Shape>): Storage {
  if (t?.storage === undefined) {
    if (!isTensor(t))
      throw new DTypeError(
        `${op}: expected a tensor, got ${describe(t)}${Array.isArray(t) ? '; use tensor([…])' : ''}`,
      );
    throw new DisposedError(
      `${op}: this tensor of shape ${show(t.shape)} (${t.dtype}) was disposed; ` +
        'return it from its scope, or keep(tensor) it',
    );
  }
  state.uses?.add(t);
  return t.storage;
}

/** True for tensors of any copy of this package. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && brand in value;
}
