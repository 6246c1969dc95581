/** Checkpoints of all families against the outputs that were recorded for them. */
import { readdirSync, readFileSync } from 'node:fs';
import { decodeSafetensors, init, type Matrix, matrix, memory, openSafetensors } from '@saccade/tensor';
import { assertClose, assertRejects, onTestDevice } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attentionLayers, type SharableLayer } from '../../src/checkpoint/attention-layers.js';
import { convertToBlob } from '../../src/checkpoint/convert-checkpoint.js';
import { readLinear } from '../../src/checkpoint/layer-weights.js';
import { mapped } from '../../src/checkpoint/plain-attention.js';
import { sharedLayers } from '../../src/checkpoint/shared-block.js';
import { verifyCheckpoint } from '../../src/checkpoint/verify-checkpoint.js';
import { UnsupportedError } from '../../src/unsupported-error.js';
import { denseError, sharedContext, sharedFactors } from './shared-attention.js';

onTestDevice(test, init);

interface Case {
  readonly config: Readonly<Record<string, unknown>>;
  readonly expected?: string;
}

const folder = new URL('../golden/hf/', import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length));
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`${name}.safetensors`, folder)));
const configOf = (name: string): Case => new Golden<Case>(new URL(name, folder)).scalars;
const convertible = names.filter((name) => configOf(name).expected === undefined);

/** Layers as the adapters see them. */
async function layersOf(bytes: Uint8Array, config: Case['config']): Promise<SharableLayer[]> {
  const { names: all, info } = await openSafetensors(bytes);
  return attentionLayers({ op: 'test', names: all, info, config }) as SharableLayer[];
}

type Recorded = ReturnType<typeof decodeSafetensors>['tensors'];

/** Values that were recorded. */
function values(io: Recorded, name: string): number[] {
  return Array.from(io.get(name)!.data, Number);
}

/** The sequences of a batch, with what is added to the scores of each. */
function sequences(io: Recorded): { readonly states: Matrix; readonly mask: number[] | undefined }[] {
  const [batch, length, width] = io.get('hidden')!.shape as [number, number, number];
  const hidden = values(io, 'hidden');
  const mask = io.has('mask') ? values(io, 'mask') : undefined;
  return Array.from({ length: batch }, (_, i) => ({
    states: matrix(length, width, Float64Array.from(hidden.slice(i * length * width, (i + 1) * length * width))),
    mask: mask?.slice(i * length, (i + 1) * length),
  }));
}

for (const name of convertible) {
  test(`${name}: at heads x dims the converted file gives the recorded outputs`, async () => {
    const { config } = configOf(name);
    const bytes = bytesOf(name);
    const layers = await layersOf(bytes, config);
    const all = layers[0]!.heads * layers[0]!.dims;
    const { blob, report } = await convertToBlob(bytes, { sharedDim: all, config, allowGrowth: true });
    assert.equal(new Set(report.layers.map(({ status }) => status)), new Set(['converted']));
    const [file, original] = [await openSafetensors(blob), await openSafetensors(bytes)];
    const shared = sharedLayers(file.metadata)!.layers;
    const io = decodeSafetensors(bytesOf(`${name}.io`)).tensors;
    const recorded = [...io.keys()].filter((one) => one.endsWith('.context'));
    assert.is(recorded.length, shared.length);
    for (const [i, entry] of shared.entries()) {
      const { value, attends } = layers[i]!;
      const contexts: Matrix[] = [];
      for (const sequence of sequences(io)) {
        contexts.push(await sharedContext(file, entry, value!, { ...sequence, causal: attends === 'causal' }));
      }
      const got = contexts.flatMap(({ data }) => [...data]);
      assertClose(got, values(io, `layer${i}.context`), { atol: 1e-5 }, `context of layer ${i}`);
      const projection = outputOf(original.names, entry.path);
      const output = await readLinear('test', file, projection);
      const outputs = contexts.flatMap((context) => [...mapped(output, context).data]);
      assertClose(outputs, values(io, `layer${i}.output`), { atol: 1e-5 }, `output of layer ${i}`);
    }
  });

  test(`${name}: all but queries and keys stay as they were, to the byte`, async () => {
    const { config } = configOf(name);
    const bytes = bytesOf(name);
    const before = memory().tensors;
    const { blob, report } = await convertToBlob(bytes, { sharedDim: 3, config });
    assert.is(memory().tensors, before);
    const layers = await layersOf(bytes, config);
    const gone = new Set(layers.flatMap(({ query, key }) => [query.name, query.bias, key.name, key.bias]));
    const [old, now] = [decodeSafetensors(bytes), decodeSafetensors(new Uint8Array(await blob.arrayBuffer()))];
    let kept = 0;
    for (const [tensor, array] of old.tensors) {
      if (gone.has(tensor)) continue;
      assert.equal(now.tensors.get(tensor), array, tensor);
      kept++;
    }
    assert.is(report.total.copied, kept);
    for (const tensor of gone)
      if (tensor !== undefined && !/query\.weight|key\.weight/.test(tensor)) assert.not(now.tensors.has(tensor));
    assert.ok(now.tensors.size > kept);
  });

  test(`${name}: the error of a compressed file is that of its tensors`, async () => {
    const { config } = configOf(name);
    const bytes = bytesOf(name);
    const { blob, report } = await convertToBlob(bytes, { sharedDim: 0.5, config });
    const [file, original] = [await openSafetensors(blob), await openSafetensors(bytes)];
    const layers = await layersOf(bytes, config);
    for (const [i, entry] of sharedLayers(file.metadata)!.layers.entries()) {
      const { query, key, heads } = layers[i]!;
      const [q, k] = [await readLinear('test', original, query), await readLinear('test', original, key)];
      const error = denseError(q.weight, k.weight, heads, await sharedFactors(file, entry));
      const told = report.layers[i]!;
      assert.is(told.status, 'converted');
      if (told.status !== 'converted') continue;
      assert.ok(error > 0.05 && error < 0.9);
      assertClose(told.error, error, { rtol: 1e-6 });
      assert.ok(told.error <= told.headSvdError + 1e-6);
      assertClose(entry.error, error, { rtol: 1e-3 });
    }
    const { agrees, layers: verified } = await verifyCheckpoint(bytes, blob, { config });
    assert.ok(agrees);
    for (const [i, { error }] of verified.entries()) {
      assertClose(error, (report.layers[i] as { readonly error: number }).error, { rtol: 1e-6 });
    }
  });
}

for (const name of names.filter((one) => !convertible.includes(one))) {
  test(`${name} is refused with the layer and the reason, or passed through`, async () => {
    const { config } = configOf(name);
    const bytes = bytesOf(name);
    const options = { sharedDim: 4, config };
    await assertRejects(() => convertToBlob(bytes, options), UnsupportedError, /"model\.layers\.0\.self_attn".*rotary/);
    const { blob, report } = await convertToBlob(bytes, { ...options, onUnsupported: 'skip' });
    assert.equal(decodeSafetensors(new Uint8Array(await blob.arrayBuffer())).tensors, decodeSafetensors(bytes).tensors);
    assert.equal(new Set(report.layers.map(({ status }) => status)), new Set(['unsupported']));
    assert.match(report.warnings[0]!, /none of 2 attention layers was converted/);
  });
}

/** The output map of the layer at a path, by the names that occur. */
function outputOf(all: readonly string[], path: string): { name: string; layout: 'out-in' | 'in-out'; bias?: string } {
  const base = path.replace(/\.(self|attention)$/, '');
  const candidates = ['output.dense', 'dense', 'out_lin', 'o_proj', 'out_proj', 'proj', 'c_proj', 'o'];
  const found = candidates
    .flatMap((one) => [`${path}.${one}`, `${base}.${one}`])
    .find((one) => all.includes(`${one}.weight`))!;
  const layout = found.endsWith('c_proj') ? 'in-out' : 'out-in';
  return { name: `${found}.weight`, layout, ...(all.includes(`${found}.bias`) && { bias: `${found}.bias` }) };
}

test.run();
