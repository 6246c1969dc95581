/** What runs in the browser: which test files of which package, on which device. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserName } from './browsers.js';

/** The device that a page tests, named in its address. */
export type SuiteDevice = 'wasm' | 'webgpu' | 'webgl2';

export interface Suite {
  readonly name: string;
  readonly browser: BrowserName;
  readonly device: SuiteDevice;
  /** Whether the page is cross-origin isolated, without which there are no threads. */
  readonly isolated: boolean;
  /** Test files, from the root of the repository. */
  readonly files: readonly string[];
}

/** Test files of a package that browsers can run: those that need neither Node's modules nor its processes. */
function testFiles(root: string, name: string): string[] {
  const folder = join(name, 'test');
  return readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(folder, file));
}

const workspaces = [
  'packages/kernels',
  'packages/tensor',
  'packages/nn',
  'packages/topk',
  'packages/sparse-sgd',
  'packages/attention-conv',
  'packages/collab-attention',
  'packages/rank-collapse',
  'packages/equivariant-attention',
  'examples/digits',
  'examples/sorting',
];

const needsNode = /from 'node:|\bprocess\.|setImmediate|Buffer\.(from|alloc)/;

/** All suites. */
export function suites(root: string): Suite[] {
  const text = (file: string): string => readFileSync(join(root, file), 'utf8');
  const all = workspaces.flatMap((name) => testFiles(root, name));
  const portable = all.filter((file) => !needsNode.test(text(file)));
  /** Those that ask which device they are to test. */
  const onAnyDevice = portable.filter((file) => /\bconform\(|[tT]estDevice/.test(text(file)));
  const ofKernels = onAnyDevice.filter((file) => file.startsWith(join('packages', 'kernels')));
  // WebGL2 compiles a shader for each size, and what methods bring along runs on the CPU there: of them one file will do.
  const ofMethods =
    /packages.(topk|sparse-sgd|attention-conv|collab-attention|rank-collapse|equivariant-attention).test.(?!device\.test)/;
  const others = onAnyDevice.filter((file) => !ofKernels.includes(file) && !ofMethods.test(file));
  // Mesa takes a second to compile what SwiftShader compiles in a twentieth of one.
  const few = onAnyDevice.filter((file) => /kernels.test.(gpu|matmul)/.test(file));
  return [
    // The longest first; WebGL2 in two, for one process compiles all shaders of a page, one after another.
    { name: 'Chromium, webgl2, kernels', browser: 'Chromium', device: 'webgl2', isolated: true, files: ofKernels },
    { name: 'Chromium, webgl2, the rest', browser: 'Chromium', device: 'webgl2', isolated: true, files: others },
    { name: 'Chromium, webgpu', browser: 'Chromium', device: 'webgpu', isolated: true, files: onAnyDevice },
    { name: 'Firefox, webgl2', browser: 'Firefox', device: 'webgl2', isolated: true, files: few },
    { name: 'Chromium, wasm, isolated', browser: 'Chromium', device: 'wasm', isolated: true, files: portable },
    { name: 'Chromium, wasm, not isolated', browser: 'Chromium', device: 'wasm', isolated: false, files: onAnyDevice },
    { name: 'Firefox, wasm', browser: 'Firefox', device: 'wasm', isolated: true, files: onAnyDevice },
  ];
}
