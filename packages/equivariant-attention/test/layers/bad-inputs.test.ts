/** What layers do with input that is odd, bad or extreme. */
import { init, memory, OptionError, Rng, ShapeError, scope, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { groups } from '../../src/groups/named-groups.js';
import { GroupSelfAttention } from '../../src/layers/group-self-attention.js';
import { LiftingSelfAttention } from '../../src/layers/lifting-self-attention.js';
import { errorOf } from '../reference.js';
import { randomise, turnError } from '../turns.js';

onTestDevice(test, init);

const rng = new Rng(0);

/** Both layers, random, for as long as a body runs. */
function withLayers(options: object, body: (lifting: LiftingSelfAttention, layer: GroupSelfAttention) => void): void {
  const before = memory().tensors;
  scope(() => {
    const all = { group: 'p4', heads: 2, mid: 4, rng, ...options } as never;
    const [lifting, layer] = [new LiftingSelfAttention(2, 3, all), new GroupSelfAttention(3, 3, all)];
    for (const one of [lifting, layer]) randomise(one, rng);
    body(lifting, layer);
    for (const one of [lifting, layer]) one.dispose();
  });
  assert.is(memory().tensors, before);
}

const allFinite = (x: Tensor): boolean => x.dataSync().every(Number.isFinite);

test('a patch of one pixel sees it alone, without division by zero', () => {
  withLayers({ patch: 1 }, (lifting, layer) => {
    const x = rng.normal([1, 3, 3, 2]) as Tensor;
    const y = lifting.forward(x);
    assert.ok(allFinite(layer.forward(y)));
    // All weight is on the pixel itself, whatever the element.
    const alone = lifting.output.forward(lifting.value.forward(x));
    for (let v = 0; v < 4; v++) assert.ok(errorOf(y.at(0, v).dataSync(), alone.at(0).dataSync()) < 1e-6);
  });
});

test('an image of one pixel too', () => {
  withLayers({ size: 1 }, (lifting, layer) =>
    assert.ok(allFinite(layer.forward(lifting.forward(zeros([2, 1, 1, 2]).add(1))))),
  );
  withLayers({ patch: 5 }, (lifting, layer) =>
    assert.ok(allFinite(layer.forward(lifting.forward(zeros([2, 1, 1, 2]).add(1))))),
  );
});

test('images that are not square are right, and turned by a quarter give the turned features', () => {
  withLayers({ patch: 3, group: 'p4m' }, (lifting, layer) => {
    const x = rng.normal([1, 3, 5, 2]) as Tensor;
    for (const h of groups.p4m.latticeElements) {
      assert.ok(turnError((y) => layer.forward(lifting.forward(y)), x, groups.p4m, h) < 2e-6, `element ${h}`);
    }
    // A window of the image around a pixel gives the same there as the image.
    const whole = lifting.forward(x).at(0, 0, 1, 1).dataSync();
    const part = lifting
      .forward(x.at(':', ':', '0:3'))
      .at(0, 0, 1, 1)
      .dataSync();
    assert.ok(errorOf(part, whole) < 1e-6);
  });
});

test('attention to the whole image refuses other images than it was built for, with both sizes', () => {
  withLayers({ size: 4 }, (lifting, layer) => {
    lifting.forward(zeros([1, 4, 4, 2]));
    const message = /^LiftingSelfAttention: built for images of 4 x 4, got 5 x 4; maxSize takes smaller ones too$/;
    assertThrows(() => lifting.forward(zeros([1, 5, 4, 2])), ShapeError, message);
    assertThrows(() => lifting.prove({ group: undefined, height: 5, width: 4 }, groups.p4, ''), ShapeError, message);
    assertThrows(
      () => layer.forward(zeros([1, 4, 3, 3, 3])),
      ShapeError,
      /^GroupSelfAttention: built for images of 4 x 4, got 3 x 3/,
    );
  });
});

test('up to a largest size, images of any size are seen whole, one after another', () => {
  withLayers({ maxSize: 6 }, (lifting, layer) => {
    const sizes = [[4, 4], [6, 3], [1, 5], [4, 4]] as const; // biome-ignore format: sizes
    const x = rng.normal([1, 6, 6, 2]) as Tensor;
    const outputs = sizes.map(([h, w]) => layer.forward(lifting.forward(x.at(':', `0:${h}`, `0:${w}`))));
    assert.ok(outputs.every(allFinite));
    // What was seen in between changes nothing.
    assert.equal(outputs[3]!.dataSync(), outputs[0]!.dataSync());
    assertThrows(
      () => lifting.forward(zeros([1, 7, 4, 2])),
      ShapeError,
      /built for images of sides up to 6, got 7 x 4/,
    );
  });
});

test('a patch wider than the image is that of the whole image', () => {
  const x = rng.normal([1, 4, 4, 2]) as Tensor;
  const outputs: number[][] = [];
  for (const options of [{ patch: 7 }, { size: 4 }]) {
    // Offsets of 3 pixels are 1 in both.
    scope(() => {
      const lifting = new LiftingSelfAttention(2, 3, { group: 'p4', mid: 4, ...options, rng: new Rng(5) });
      outputs.push(Array.from(lifting.forward(x).dataSync()));
      lifting.dispose();
    });
  }
  assert.ok(errorOf(outputs[1]!, outputs[0]!) < 1e-6);
  x.dispose();
  withLayers({ patch: 21 }, (lifting, layer) =>
    assert.ok(allFinite(layer.forward(lifting.forward(zeros([1, 3, 2, 2]).add(1))))),
  );
});

test('NaN makes what sees it NaN, never silently something else', () => {
  withLayers({ patch: 3 }, (lifting) => {
    const values = new Float32Array(7 * 7 * 2).fill(1);
    values[0] = Number.NaN;
    const y = lifting.forward(tensor(values, { shape: [1, 7, 7, 2] }));
    const at = (row: number, column: number): Float32Array => y.at(0, 0, row, column).dataSync() as Float32Array;
    for (const [row, column] of [[0, 0], [0, 1], [1, 1]] as const) assert.ok(at(row, column).every(Number.isNaN)); // biome-ignore format: pairs
    for (const [row, column] of [[0, 2], [2, 2], [6, 6]] as const) assert.ok(at(row, column).every(Number.isFinite)); // biome-ignore format: pairs
  });
});

test('strict layers refuse NaN and infinite input', () => {
  withLayers({ patch: 3, strict: true }, (lifting, layer) => {
    assert.ok(allFinite(lifting.forward(zeros([1, 3, 3, 2]))));
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const message = /^LiftingSelfAttention: strict: the input has values that are NaN or infinite$/;
      assertThrows(() => lifting.forward(zeros([1, 3, 3, 2]).add(bad)), OptionError, message);
      assertThrows(() => lifting.liftAt(zeros([1, 3, 3, 2]).add(bad), [1]), OptionError, message);
      assertThrows(() => layer.forward(zeros([1, 4, 3, 3, 3]).add(bad)), OptionError, /^GroupSelfAttention: strict/);
    }
  });
});

test('very large scores give the pixel that has the largest, and no overflow', () => {
  withLayers({ patch: 3 }, (lifting, layer) => {
    const x = rng.normal([1, 5, 5, 2], { deviation: 1e5 }) as Tensor;
    const y = lifting.forward(x);
    assert.ok(allFinite(y) && allFinite(layer.forward(y)));
    const { weights } = lifting.attentionAt(x, { row: 2, column: 2 });
    assert.ok(
      weights
        .max({ axis: -1 })
        .dataSync()
        .every((w) => w > 0.999),
    );
    assert.ok(turnError((z) => layer.forward(lifting.forward(z)), x, groups.p4, 1) < 1e-4);
  });
});

test('groups without quarter turns, and with elements between pixels, are allowed', () => {
  for (const group of [groups.z2, groups.mz2, groups.p12]) {
    withLayers({ patch: 3, group }, (lifting, layer) => {
      const x = rng.normal([1, 5, 5, 2]) as Tensor;
      for (const h of group.latticeElements) {
        assert.ok(turnError((y) => layer.forward(lifting.forward(y)), x, group, h) < 2e-6);
      }
    });
  }
});

test('empty batches come out empty', () => {
  withLayers({ patch: 3 }, (lifting, layer) => {
    assert.equal(layer.forward(lifting.forward(zeros([0, 4, 4, 2]))).shape, [0, 4, 4, 4, 3]);
  });
});

test.run();
