/** Compiles the kernels' WebAssembly once per form: plain or relaxed SIMD, for shared or unshared memory. */
import { DeviceError } from '../errors.js';
import { binaries } from './binaries.gen.js';
import { inflate } from './inflate.js';
import { nodeBuiltin } from './node-builtin.js';

/**
 * `simd128` runs everywhere and gives the same bits everywhere; `relaxed-simd` fuses multiply and add in the kernels that live
 * by it: products, convolutions, attention.
 */
export type Arithmetic = 'simd128' | 'relaxed-simd';

const compiled = new Map<string, WebAssembly.Module>();
let relaxedSupport: boolean | undefined;

/** The names of the binaries, in the order in which they are packed. */
type Binary = 'general' | 'products' | 'productsRelaxed';

let unpacked: Record<Binary, Uint8Array> | undefined;

/** Binaries from their text: their sizes, then their bytes, packed as one stream (the two forms of the products are alike). */
function unpack(binaries: string): Uint8Array[] {
  const [sizes, base64] = binaries.split(':') as [string, string];
  const lengths = sizes.split(',').map(Number);
  const text = atob(base64);
  const packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
  // Node's own where there is one: ours takes 15 ms before the engine has warmed to it.
  const zlib = nodeBuiltin<{ inflateRawSync(packed: Uint8Array): Uint8Array }>('node:zlib');
  const bytes =
    zlib?.inflateRawSync(packed) ??
    inflate(
      packed,
      lengths.reduce((sum, length) => sum + length),
    );
  let end = 0;
  return lengths.map((length) => {
    end += length;
    return bytes.slice(end - length, end);
  });
}

function binary(name: Binary): Uint8Array {
  if (unpacked === undefined) {
    const [general, products, productsRelaxed] = unpack(binaries) as [Uint8Array, Uint8Array, Uint8Array];
    unpacked = { general, products, productsRelaxed };
  }
  return unpacked[name];
}

/** Whether this engine can run relaxed SIMD. */
export function hasRelaxedSimd(): boolean {
  relaxedSupport ??=
    typeof WebAssembly !== 'undefined' && WebAssembly.validate(binary('productsRelaxed') as BufferSource);
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

/** An export of a module. */
export type Kernel = (...args: number[]) => number | undefined;

/** A compiled module, and what is put before the names of its exports. */
export interface KernelModule {
  readonly module: WebAssembly.Module;
  readonly prefix: string;
}

function compile(name: string, binary: () => Uint8Array, shared: boolean): WebAssembly.Module {
  const key = `${name} ${shared}`;
  let module = compiled.get(key);
  if (module === undefined) {
    const bytes = new Uint8Array(binary());
    if (shared) markShared(bytes);
    try {
      module = new WebAssembly.Module(bytes as BufferSource);
    } catch (cause) {
      throw new DeviceError('wasm: this host does not let WebAssembly compile', { cause });
    }
    compiled.set(key, module);
  }
  return module;
}

/** The compiled modules. @throws {DeviceError} where WebAssembly is missing or forbidden. */
export function compileKernels(arithmetic: Arithmetic, shared: boolean): KernelModule[] {
  const names: Binary[] = ['general', arithmetic === 'simd128' ? 'products' : 'productsRelaxed'];
  return names.map((name) => ({ module: compile(name, () => binary(name), shared), prefix: '' }));
}

/** The module that a package brings along. */
export function compileExtension(name: string, text: string, shared: boolean): KernelModule {
  return { module: compile(`${name}.`, () => unpack(text)[0] as Uint8Array, shared), prefix: `${name}.` };
}

/** Adds what a module exports over one memory to `exports`. */
export function instantiate(
  { module, prefix }: KernelModule,
  memory: WebAssembly.Memory,
  exports: Record<string, Kernel>,
): void {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  for (const [name, value] of Object.entries(instance.exports)) exports[prefix + name] = value as Kernel;
}
