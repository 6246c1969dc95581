/** Compiles the kernels' WebAssembly once per form: plain or relaxed SIMD, for shared or unshared memory. */
import { DeviceError } from '../errors.js';
import { generalBinary } from './general.gen.js';
import { inflate } from './inflate.js';
import { productsBinary } from './products.gen.js';
import { productsRelaxedBinary } from './productsRelaxed.gen.js';

/**
 * `simd128` runs everywhere and gives the same bits everywhere; `relaxed-simd` fuses multiply and add in the kernels that live
 * by it: products, convolutions, attention.
 */
export type Arithmetic = 'simd128' | 'relaxed-simd';

const compiled = new Map<string, WebAssembly.Module>();
let relaxedSupport: boolean | undefined;

/** A binary from its text: the size, then packed bytes in base64. */
function unpack(text: string): Uint8Array<ArrayBuffer> {
  const [size, base64] = text.split(':') as [string, string];
  return inflate(
    Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)),
    Number(size),
  );
}

/** Whether this engine can run relaxed SIMD. */
export function hasRelaxedSimd(): boolean {
  if (typeof WebAssembly === 'undefined') return false;
  relaxedSupport ??= WebAssembly.validate(unpack(productsRelaxedBinary));
  return relaxedSupport;
}

/** Marks the memory import as shared: one bit of its limits, found behind the import's name. */
function markShared(bytes: Uint8Array): void {
  const name = [3, ...new TextEncoder().encode('env'), 6, ...new TextEncoder().encode('memory'), 2];
  for (let at = 8; at < bytes.length - name.length; at++) {
    if (name.every((byte, i) => bytes[at + i] === byte)) {
      bytes[at + name.length] = (bytes[at + name.length] as number) | 2;
      return;
    }
  }
  throw new DeviceError('wasm: the module imports no memory');
}

function compile(name: string, text: string, shared: boolean): WebAssembly.Module {
  const key = `${name} ${shared}`;
  let module = compiled.get(key);
  if (module === undefined) {
    const bytes = unpack(text);
    if (shared) markShared(bytes);
    try {
      module = new WebAssembly.Module(bytes);
    } catch (cause) {
      throw new DeviceError('wasm: this host does not let WebAssembly compile', { cause });
    }
    compiled.set(key, module);
  }
  return module;
}

/** The compiled modules. @throws {DeviceError} where WebAssembly is missing or forbidden. */
export function compileKernels(arithmetic: Arithmetic, shared: boolean): WebAssembly.Module[] {
  return [
    compile('general', generalBinary, shared),
    arithmetic === 'simd128'
      ? compile('products', productsBinary, shared)
      : compile('products, relaxed', productsRelaxedBinary, shared),
  ];
}

/** The exports of all modules over one memory. */
export function instantiate(modules: readonly WebAssembly.Module[], memory: WebAssembly.Memory): WebAssembly.Exports {
  return Object.assign({}, ...modules.map((module) => new WebAssembly.Instance(module, { env: { memory } }).exports));
}
