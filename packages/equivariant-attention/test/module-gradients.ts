/** Gradients of modules against central differences. */
import type { AnyModule } from '@saccade/nn';
import {
  type CheckGradientsOptions,
  checkGradients,
  createJsDevice,
  isTensor,
  scope,
  type Tensor,
  tensor,
} from '@saccade/tensor';

/** Options: `wanted` leaves out parameters by name; their gradients are not checked. */
export interface CheckModuleOptions extends CheckGradientsOptions {
  readonly wanted?: (name: string) => boolean;
}

/** Checks the gradient of `forward` by its input and the parameters of the module, in float64: copies take the places of the module's own. */
export async function checkModuleGradients(
  module: AnyModule,
  forward: (x: Tensor) => Tensor,
  input: Tensor,
  { wanted = () => true, ...options }: CheckModuleOptions = {},
): Promise<void> {
  const named = [...module.parameters()];
  const moved = named.filter(([name]) => wanted(name)).map(([, parameter]) => parameter);
  const others = named.filter(([name]) => !wanted(name)).map(([, parameter]) => parameter);
  const values = await Promise.all(others.map((parameter) => parameter.data()));
  const f = (x: Tensor, ...given: Tensor[]): Tensor => {
    const places = new Map(moved.map((parameter, i) => [parameter, given[i] as Tensor]));
    const { dtype, device } = x;
    others.forEach((parameter, i) => {
      places.set(parameter, tensor(Array.from(values[i]!, Number), { shape: parameter.shape, dtype, device }));
    });
    return withTensors(module, places, () => forward(x));
  };
  await checkGradients(f, [input, ...moved], options);
}

const plain = createJsDevice();

/** A tensor with the same values in float64, on the plain device. */
export function doubled(t: Tensor): Tensor {
  return tensor(Float64Array.from(t.dataSync()), { shape: t.shape, dtype: 'float64', device: plain });
}

/** Runs `body` with float64 copies in the places of a module's parameters. */
export function inDouble<R>(module: AnyModule, body: () => R): R {
  return scope(() => {
    const places = new Map([...module.parameters().values()].map((t) => [t, doubled(t)]));
    return withTensors(module, places as Map<Tensor, Tensor>, body);
  });
}

/** Runs `body` with other tensors in the places of a module's own. */
function withTensors<R>(module: AnyModule, places: ReadonlyMap<Tensor, Tensor>, body: () => R): R {
  const modules = [...module.modules().values()];
  const before = modules.map((one) => ({ ...one }));
  try {
    for (const one of modules) Object.assign(one, replaced({ ...one }, places));
    return body();
  } finally {
    modules.forEach((one, i) => {
      Object.assign(one, before[i]);
    });
  }
}

/** The same value with tensors replaced that stand in it, in lists or in plain objects. */
function replaced(value: unknown, places: ReadonlyMap<Tensor, Tensor>): unknown {
  if (isTensor(value)) return places.get(value) ?? value;
  if (Array.isArray(value)) return value.map((one) => replaced(one, places));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replaced(one, places)]));
}
