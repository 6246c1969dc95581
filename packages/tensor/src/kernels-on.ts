/** A package's own kernels, called with tensors. */
import type { Device, KernelExtension, KernelsOn } from '@saccade/kernels';
import { bufferOf, requireOn } from './engine.js';
import type { Shape } from './shape.js';
import { isTensor, type Tensor } from './tensor.js';

type Call = (...args: unknown[]) => void;

/** By device, then by extension and operation. */
const made = new WeakMap<Device, Map<string, object>>();

/**
 * The kernels of `extension` on a device, taking tensors where they take buffers. A kernel writes into what `empty` made; nothing is
 * recorded, so a gradient is `customGrad`'s business. Made once for each operation.
 * @param op names the operation in what the kernels throw: a DisposedError for a tensor that was freed, a DeviceError for one of another device
 */
export function kernelsOn<K extends object>(
  op: string,
  device: Device,
  extension: KernelExtension<K>,
): KernelsOn<Tensor<Shape>, K> {
  let tables = made.get(device);
  if (tables === undefined) {
    tables = new Map();
    made.set(device, tables);
  }
  const key = `${extension.name} ${op}`;
  let table = tables.get(key);
  if (table === undefined) {
    table = onTensors(op, device, extension);
    tables.set(key, table);
  }
  return table as KernelsOn<Tensor<Shape>, K>;
}

function onTensors<K extends object>(op: string, device: Device, extension: KernelExtension<K>): object {
  const kernels = device.extend(extension) as Record<string, Call>;
  const table: Record<string, Call> = {};
  for (const name of Object.keys(extension.js)) {
    table[name] = (...args) => {
      for (let i = 0; i < args.length; i++) {
        const t = args[i];
        if (!isTensor(t)) continue;
        requireOn(op, device, t);
        args[i] = bufferOf(op, t);
      }
      (kernels[name] as Call)(...args);
    };
  }
  return table;
}
