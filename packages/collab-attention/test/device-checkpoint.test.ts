/** A file in, a Blob out: in pages too, and whatever the device is. */
import { decodeSafetensors, init, memory } from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convertToBlob } from '../src/checkpoint/convert-checkpoint.js';
import { verifyCheckpoint } from '../src/checkpoint/verify-checkpoint.js';
import { bert, encoded, gpt2 } from './checkpoint/synthetic.js';

onTestDevice(test, init);

const file = (bytes: Uint8Array): File => new File([new Uint8Array(bytes)], 'model.safetensors');

test('a File becomes a Blob with shared keys and queries, and nothing is left behind', async () => {
  for (const { shapes, config } of [bert(2, 'bert.', 16, 4), gpt2()]) {
    const bytes = await encoded({ shapes });
    const before = memory().tensors;
    const { blob, report, config: updated } = await convertToBlob(file(bytes), { sharedDim: 0.5, config });
    assert.is(blob.size, report.total.fileBytes);
    assert.is(report.total.layers.converted, 2);
    assert.ok(report.total.largestError > 0 && report.total.largestError < 1);
    assert.ok('collab_attention' in (updated ?? {}));
    const { agrees, layers } = await verifyCheckpoint(file(bytes), blob, { config, length: 8 });
    assert.ok(agrees);
    for (const [i, { error }] of layers.entries()) {
      assertClose(error, (report.layers[i] as { readonly error: number }).error, { rtol: 1e-6 });
    }
    assert.is(memory().tensors, before);
    const { tensors } = decodeSafetensors(new Uint8Array(await blob.arrayBuffer()));
    for (const [name, array] of decodeSafetensors(bytes).tensors) {
      if (/dense|wte|embeddings|c_proj/.test(name)) assert.equal(tensors.get(name), array, name);
    }
  }
});

test.run();
