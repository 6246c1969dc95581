/** A checkpoint with the shape of BERT-base, in the memory that is promised: it takes a minute, and SACCADE_NO_LARGE=1 leaves it out. And a small one. */
import { execFile } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { init, memory } from '@saccade/tensor';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convertCheckpoint } from '../../src/checkpoint/convert-checkpoint.js';
import { verifyCheckpoint } from '../../src/checkpoint/verify-checkpoint.js';
import { bertConfig, saveBert } from './bert-checkpoint.js';

const largeWanted = process.env.SACCADE_NO_LARGE !== '1';
if (!largeWanted) console.log('SACCADE_NO_LARGE is set: the checkpoint of 440 MB is left out');

test('two layers of 128 channels convert by themselves, one after another', async () => {
  await init({ device: 'wasm' });
  const before = memory().tensors;
  const sizes = { layers: 2, width: 128, heads: 4, vocabulary: 1000, positions: 64 };
  const folder = newFolder();
  const [source, target] = [join(folder, 'model.safetensors'), join(folder, 'small.safetensors')];
  await saveBert(source, sizes);
  const { report } = await convertCheckpoint(source, target, { sharedDim: 40, config: bertConfig(sizes) });
  assert.is(report.total.layers.converted, 2);
  assert.is(report.total.fileBytes, statSync(target).size);
  const { agrees } = await verifyCheckpoint(source, target, { config: bertConfig(sizes) });
  assert.ok(agrees);
  assert.is(memory().tensors, before);
});

const run = promisify(execFile);
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const program = fileURLToPath(new URL('../programs/convert.ts', import.meta.url));

/** Runs the program in a process of its own, whose memory counts. */
async function measured(...args: string[]): Promise<{ readonly seconds: number; readonly peak: number }> {
  const node = ['--conditions=@saccade/source', '--import', tsx, program];
  const { stdout } = await run(process.execPath, [...node, ...args]);
  return JSON.parse(stdout) as { seconds: number; peak: number };
}

const convertsBert = async (): Promise<void> => {
  const folder = newFolder();
  const [source, target] = [join(folder, 'model.safetensors'), join(folder, 'small.safetensors')];
  await measured('make', source);
  assert.ok(statSync(source).size > 430e6);
  const { seconds, peak } = await measured('convert', source, target);
  console.log(`converted in ${seconds.toFixed(0)} s, at most ${(peak / 1e6).toFixed(0)} MB`);
  assert.ok(peak < 1e9, `${peak} bytes`);
  assert.equal(readdirSync(folder).sort(), [
    'config.json',
    'model.safetensors',
    'small.config.json',
    'small.safetensors',
  ]);
  await init({ device: 'wasm' });
  const { agrees, layers } = await verifyCheckpoint(source, target);
  assert.ok(agrees);
  assert.is(layers.length, 12);
  rmSync(folder, { recursive: true });
};
if (largeWanted) test('BERT-base, 440 MB, to rank 256: in less than 1 GB, and it verifies', convertsBert);

test.run();
