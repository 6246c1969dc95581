/** The packed GPU entry in Node: it loads, its licence came along, and where no GPU can be had all works on the CPU. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { userProject } from '../src/project.js';

const { folder, node } = await userProject();

test('the package brings the licence notice of gpu.js', () => {
  const notice = readFileSync(join(folder, 'node_modules/@saccade/kernels/THIRD_PARTY_LICENSES.md'), 'utf8');
  assert.match(notice, /gpu\.js/);
  assert.match(notice, /Permission is hereby granted/);
});

// Where `require` may give an ES module it does; the flag stands for hosts where it gives the CommonJS files.
for (const [files, flags] of [
  ['ES module', []],
  ['CommonJS', ['--no-experimental-require-module']],
] as const) {
  test(`@saccade/kernels/gpu loads by require, with the ${files} files, and by import, and leaves the globals alone`, async () => {
    const code = `
      const before = Object.getOwnPropertyNames(globalThis);
      const required = require('@saccade/kernels/gpu');
      import('@saccade/kernels/gpu').then((imported) => {
        const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name));
        console.log(JSON.stringify([typeof required.createGpuDevice, typeof imported.createGpuDevice, added]));
      });`;
    const printed = await node(...flags, '--input-type=commonjs', '-e', code);
    assert.equal(JSON.parse(printed), ['function', 'function', []]);
  });
}

test("init({ device: 'webgpu' }) without the package webgpu warns once, computes on the CPU and says what to install", async () => {
  const code = `
    import { init, tensor } from '@saccade/tensor';
    const warnings = [];
    console.warn = (text) => warnings.push(text);
    const { info } = await init({ device: 'webgpu' });
    const sum = await tensor([1, 2, 3]).sum().data();
    console.log(JSON.stringify({ info, warnings, sum: sum[0] }));`;
  const { info, warnings, sum } = JSON.parse(await node('--input-type=module', '-e', code));
  assert.is(info.name, 'wasm');
  assert.match(info.reason, /install the optional package 'webgpu'/);
  assert.is(warnings.length, 1);
  assert.match(warnings[0], /install the optional package 'webgpu'.*running on the CPU instead/);
  assert.is(sum, 6);
});

test("init({ device: 'auto' }) in a Node without a GPU takes the CPU without a word", async () => {
  const code = `
    import { init } from '@saccade/tensor';
    const { info } = await init();
    console.log(JSON.stringify(info));`;
  const info = JSON.parse(await node('--input-type=module', '-e', code));
  assert.is(info.name, 'wasm');
  assert.match(info.reason, /no GPU/);
});

test.run();
