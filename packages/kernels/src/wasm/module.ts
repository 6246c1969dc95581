/** Compiles the kernels' WebAssembly once per form: all kernels in plain SIMD, the products in relaxed SIMD over them. */
import { DeviceError } from '../errors.js';
import { inflate } from './inflate.js';
import { relaxedBinary } from './relaxed.gen.js';
import { simdBinary } from './simd.gen.js';

/**
 * `simd128` runs everywhere and gives the same bits everywhere; `relaxed-simd` fuses multiply and add in the kernels that live
 * by it (products, convolutions, attention) and takes the others from `simd128`.
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
  relaxedSupport ??= WebAssembly.validate(unpack(relaxedBinary));
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

/** The compiled modules; a later one's exports replace an earlier one's. @throws {DeviceError} where WebAssembly is missing or forbidden. */
export function compileKernels(arithmetic: Arithmetic, shared: boolean): WebAssembly.Module[] {
  const all = compile('simd', simdBinary, shared);
  return arithmetic === 'simd128' ? [all] : [all, compile('relaxed', relaxedBinary, shared)];
}

/** The exports of all modules over one memory. */
export function instantiate(modules: readonly WebAssembly.Module[], memory: WebAssembly.Memory): WebAssembly.Exports {
  return Object.assign({}, ...modules.map((module) => new WebAssembly.Instance(module, { env: { memory } }).exports));
}
