/** ONNX files on any device, in pages too: a Blob in, a Blob out. */
import { init, memory, Rng } from '@saccade/tensor';
import { onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compressOnnx } from '../src/index.js';
import { readModel } from '../src/onnx/model/model.js';
import { attentionModel } from './onnx/attention-model.js';
import { plainForm, smallAttention } from './onnx/test-attention.js';

onTestDevice(test, init);

test('a Blob is compressed to a Blob', async () => {
  const before = memory().tensors;
  const model = new Blob([new Uint8Array(attentionModel(smallAttention(new Rng(1)), plainForm))]);
  const { report, blob, size } = await compressOnnx(model, { sharedDim: 4 });
  const [one] = report.attentions;
  if (one?.status !== 'converted') throw new Error('not converted');
  assert.ok(one.error > 0 && one.error <= one.headSvdError + 1e-6);
  assert.is(one.bytesSaved, 1248 - 576);
  const written = new Uint8Array(await blob().arrayBuffer());
  assert.is(written.length, size);
  const shapes = [...readModel(written, 'test').graph.initializers.values()].map(
    ({ name, dims }) => [name, dims] as const,
  );
  const dimsOf = (end: string): readonly number[] | undefined => shapes.find(([name]) => name.endsWith(end))?.[1];
  assert.equal(['/query.weight', '/key.weight', '/mixing', '/content_bias.weight'].map(dimsOf), [[12, 4], [12, 4], [1, 3, 1, 4], [12, 3]]); // biome-ignore format: shapes
  assert.is(memory().tensors, before);
});

test.run();
