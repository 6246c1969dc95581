/** The packed packages on GPUs in headless Chromium, minified; and that who asks for no GPU does not get gpu.js either. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertClose } from '@saccade/testing';
import { browserWanted, gpuFlags } from '@saccade/testing/chromium';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bundlers, minifiers, splitters } from '../src/bundlers.js';
import { userProject } from '../src/project.js';
import { type Page, visit } from '../src/visit.js';

const test = suite('GPU in a browser');

const browserTest = browserWanted ? test : test.skip;

/** What fixtures/gpu/main.js gives for each device. */
interface Training {
  info: { name: string; arithmetic: string; reason: string };
  losses: number[];
  report: { kernel: string; calls: number }[];
}

/** `globalThis.result` of a page; SwiftShader is slow, so there is no limit but the browser's own. */
function resultOf<R>(page: Page): Promise<R> {
  return page.evaluate('globalThis.result') as Promise<R>;
}

/** Scripts of a site, by path, in which gpu.js is: names of its own that no minifier may shorten. */
function scriptsWithGpuJs(site: string): string[] {
  return readdirSync(site, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .filter((name) => /WebGPUBufferResult|loopMaxIterations/.test(readFileSync(join(site, name), 'utf8')))
    .map((name) => `/${name.replaceAll('\\', '/')}`);
}

for (const [bundler, bundle] of Object.entries(minifiers)) {
  browserTest(`a page bundled by ${bundler} trains on webgpu and on webgl2 as on the CPU`, async () => {
    const { folder } = await userProject();
    const site = await bundle(join(folder, 'gpu'));
    assert.is(scriptsWithGpuJs(site).length, 1);
    for (const device of ['webgpu', 'webgl2']) {
      const options = { isolated: false, search: `?device=${device}`, flags: gpuFlags };
      const { gpu, cpu } = await visit(site, options, resultOf<{ gpu: Training; cpu: Training }>);
      const fallbacks = gpu.report.map(({ kernel, calls }) => `${kernel} ${calls}`).join(', ') || 'nothing';
      const [first, last] = [gpu.losses[0] as number, gpu.losses.at(-1) as number];
      console.log(
        `    ${bundler}, ${device} (${gpu.info.arithmetic}): loss ${first} to ${last}; on the CPU: ${fallbacks}`,
      );
      assert.is(gpu.info.name, device, gpu.info.reason);
      assert.is(cpu.info.name, 'wasm');
      assert.ok(last < 0.5 * first, `loss ${first} to ${last}`);
      assertClose(gpu.losses, cpu.losses, { rtol: 1e-3, atol: 0 }, 'losses');
    }
  });
}

for (const [bundler, bundle] of Object.entries({ ...bundlers, ...minifiers })) {
  browserTest(`a page bundled by ${bundler} that asks for no device works without a byte of gpu.js`, async () => {
    const { folder } = await userProject();
    const site = await bundle(join(folder, 'cpu'));
    assert.equal(scriptsWithGpuJs(site), []);
    const result = await visit(site, { isolated: false }, resultOf);
    assert.equal(result, { product: [3, 3, 3, 3], shape: [2, 8], device: 'wasm' });
  });
}

for (const [bundler, bundle] of Object.entries(splitters)) {
  browserTest(`a page bundled by ${bundler} that asks for wasm by name never loads the chunk with gpu.js`, async () => {
    const { folder } = await userProject();
    const site = await bundle(join(folder, 'page'));
    const chunks = scriptsWithGpuJs(site);
    assert.is(chunks.length, 1, 'the chunk is there for who asks for a GPU');
    await visit(site, { isolated: false, flags: gpuFlags }, async (page, requests) => {
      const { info } = await resultOf<{ info: { name: string } }>(page);
      assert.is(info.name, 'wasm');
      assert.ok(requests.some((path) => path.endsWith('.js')));
      assert.equal(
        requests.filter((path) => chunks.includes(path)),
        [],
      );
    });
  });
}

test.run();
