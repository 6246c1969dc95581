/** Weights in files beside the model: read, checked, and written into one file. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FormatError, init, SaccadeError } from '@saccade/tensor';
import { assertRejects, onTestDevice } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compressOnnx } from '../../src/onnx/compress-onnx.js';
import { readModel } from '../../src/onnx/model/model.js';
import { eachField } from '../../src/onnx/model/protobuf.js';
import { readTensor } from '../../src/onnx/model/tensor.js';
import { floatsOf } from '../../src/onnx/model/tensor-values.js';
import { UnsupportedError } from '../../src/unsupported-error.js';
import { attentionModel } from './attention-model.js';
import { FLOAT, message } from './model-builder.js';
import { Rng } from './random-numbers.js';
import { plainForm, smallAttention } from './test-attention.js';

onTestDevice(test, init);

const inside = attentionModel(smallAttention(new Rng(1)), plainForm);

interface Outside {
  readonly model: Uint8Array;
  readonly data: Uint8Array;
}

/** The same model with its weights in another file. @param place changes what the model says of the place of one */
function outside(
  location: string,
  place: (entry: Record<string, string>) => Record<string, string> = (entry) => entry,
): Outside {
  // biome-ignore format: a signature
  const data: Uint8Array[] = [new Uint8Array(16)];
  let offset = 16;
  const moved = (body: Uint8Array): Uint8Array => {
    const own = readTensor(body, 'test');
    if (own.type !== FLOAT || own.elements < 2) return body;
    const parts: Uint8Array[] = [];
    eachField(body, 'test', ({ no, body: raw, whole }) => {
      if (no !== 9) {
        parts.push(whole);
        return;
      }
      const entry = place({ location, offset: `${offset}`, length: `${raw.length}` });
      parts.push(message(...Object.entries(entry).map(([key, value]) => [13, message([1, key], [2, value])] as const), [14, 1])); // biome-ignore format: a place
      data.push(raw);
      offset += raw.length;
    });
    return Buffer.concat(parts);
  };
  const fields: Uint8Array[] = [];
  eachField(inside, 'test', (field) => {
    const items: Uint8Array[] = [];
    if (field.no === 7) {
      eachField(field.body, 'test', ({ no, body, whole }) => items.push(no === 5 ? message([5, moved(body)]) : whole));
    }
    fields.push(field.no === 7 ? message([7, Buffer.concat(items)]) : field.whole);
  });
  return { model: new Uint8Array(Buffer.concat(fields)), data: new Uint8Array(Buffer.concat(data)) };
}

/** The weights of a file. */
function weightsIn(bytes: Uint8Array): Record<string, number[]> {
  const { graph } = readModel(bytes, 'test');
  const floats = [...graph.initializers.values()].filter(({ type }) => type === FLOAT);
  return Object.fromEntries(floats.map((one) => [one.name, Array.from(floatsOf(one, 'test'))]));
}

test('weights beside a model are found by its path or address, or given by name', async () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'data'));
  const { model, data } = outside('data/weights.bin');
  const path = join(folder, 'model.onnx');
  writeFileSync(path, model);
  writeFileSync(join(folder, 'data', 'weights.bin'), data);
  const expected = await compressOnnx(inside, { sharedDim: 4 });
  const given = { externalData: { 'data/weights.bin': new Blob([new Uint8Array(data)]) } };
  for (const got of [
    await compressOnnx(path, { sharedDim: 4 }),
    await compressOnnx(pathToFileURL(path), { sharedDim: 4 }),
    await compressOnnx(model, { sharedDim: 4, ...given }),
  ]) {
    assert.equal(weightsIn(got.bytes()), weightsIn(expected.bytes()));
    assert.is(got.report.total.bytes.before, model.length + data.length - 16);
    assert.ok(
      [...readModel(got.bytes(), 'test').graph.initializers.values()].every((one) => one.external === undefined),
    );
  }
});

test('a place without a length takes what the shape asks for', async () => {
  const { model, data } = outside('w', ({ length: _, ...entry }) => entry);
  const { report } = await compressOnnx(model, { sharedDim: 4, externalData: { w: data } });
  assert.is(report.total.attentions.converted, 1);
});

test('weights that are not at hand are named', async () => {
  const { model } = outside('model.onnx_data');
  await assertRejects(() => compressOnnx(model, { sharedDim: 4 }), UnsupportedError, /weights lie in "model.onnx_data": pass \{ externalData/); // biome-ignore format: a call
  const path = join(newFolder(), 'model.onnx');
  writeFileSync(path, model);
  await assertRejects(
    () => compressOnnx(path, { sharedDim: 4 }),
    SaccadeError,
    /"model.onnx_data", which cannot be read/,
  );
});

for (const location of [
  '../secret',
  '/etc/passwd',
  'a/../b',
  'C:\\data',
  'a//b',
  './a',
  'a\0b',
  'http://host/data',
  'a%2fb',
]) {
  test(`weights in ${JSON.stringify(location)} are not looked for`, async () => {
    const { model } = outside(location);
    const path = join(newFolder(), 'model.onnx');
    writeFileSync(path, model);
    await assertRejects(() => compressOnnx(path, { sharedDim: 4 }), FormatError, /weights must lie beside the model/);
  });
}

type Place = (entry: Record<string, string>) => Record<string, string>;

const places: readonly (readonly [label: string, place: Place, wanted: RegExp, error?: typeof FormatError])[] = [
  ['beyond the end', (entry) => ({ ...entry, offset: '99999999' }), /has \d+ bytes, ".*" lies in \[99999999, /],
  ['of another length', (entry) => ({ ...entry, length: '8' }), /its shape asks for \d+ bytes, got 8 in another file/],
  ['at no number', (entry) => ({ ...entry, offset: '-1' }), /its offset must be a whole number of bytes, got "-1"/],
  ['at a huge number', (entry) => ({ ...entry, offset: '99999999999999999999' }), /its offset must be a whole number of bytes/],
  ['without a file', ({ location: _, ...entry }) => entry, /lies in a file without a name/],
]; // biome-ignore format: a table

for (const [label, place, wanted] of places) {
  test(`weights ${label} are refused`, async () => {
    const { model, data } = outside('w', place);
    await assertRejects(() => compressOnnx(model, { sharedDim: 4, externalData: { w: data } }), FormatError, wanted);
  });
}

test('more than one file may have is refused before anything is read', async () => {
  const huge = message(
    [1, 60000],
    [1, 60000],
    [2, FLOAT],
    [8, 'huge'],
    [13, message([1, 'location'], [2, 'w'])],
    [14, 1],
  );
  const graph = message([5, huge]);
  const model = message([1, 8], [7, graph], [8, message([1, ''], [2, 14])]);
  await assertRejects(
    () => compressOnnx(model, { sharedDim: 4 }),
    UnsupportedError,
    /14400000000 bytes of weights in "w"/,
  );
});

test.run();
