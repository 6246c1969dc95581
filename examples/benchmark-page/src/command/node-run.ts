/** The run in Node, on the GPU through Dawn: the program that `--node` runs and `--pack` writes. */
import { run } from '../bench/run.js';
import { deliver } from './deliver.js';
import { readOptions } from './options.js';

/** Puts Dawn where browsers have WebGPU, for all libraries. It is a native module, in node_modules beside this program. */
async function provideWebGpu(): Promise<void> {
  const name: string = 'webgpu';
  const { create, globals } = (await import(/* @vite-ignore */ name)) as {
    create(flags: string[]): unknown;
    globals: object;
  };
  Object.assign(globalThis, globals);
  // Node 20 has no navigator, and that of later ones cannot be written to. jax-js looks into the name.
  const navigator = globalThis.navigator ?? { userAgent: `Node.js/${process.versions.node}` };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  Object.defineProperty(navigator, 'gpu', { value: create([]), configurable: true });
}

try {
  const { quick, large, only, json, torch } = readOptions(process.argv.slice(2));
  await provideWebGpu();
  const report = await run({
    quick,
    large,
    only: only === undefined ? undefined : new RegExp(only, 'i'),
    signal: new AbortController().signal,
    progress: (text) => console.error(`benchmark-page: ${text}`),
    update: () => {},
  });
  deliver(report, { json, torch });
  // Dawn's threads and ours would keep the process alive.
  process.exit();
} catch (error) {
  console.error(`benchmark-page: ${error instanceof Error ? error.message : error}`);
  process.exit(2);
}
