/** Checkpoints: the same gradients for less memory. */
import type { Device } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  checkGradients,
  checkpoint,
  dispose,
  grad,
  greater,
  matmul,
  mul,
  Rng,
  scope,
  sum,
  type Tensor,
  tanh,
  tensor,
  where,
} from '../src/index.js';
import { assertLeaves, onDevices } from './devices.js';

const vector = (size: number, phase = 0): Tensor =>
  tensor(Float32Array.from({ length: size }, (_, i) => Math.sin(3 * i + phase)));

onDevices(test, 'outside of gradients a checkpoint is the function itself', () => {
  const x = vector(3);
  assertLeaves(0, () => checkpoint((t: Tensor) => tanh(t).mul(2))(x).dispose());
  x.dispose();
});

onDevices(test, 'gradients are those without a checkpoint, for inputs and for what is used from around', () => {
  scope(() => {
    const [x, w, b] = [vector(4), vector(4, 1), vector(4, 2)];
    const layer = (t: Tensor): Tensor => tanh(mul(t, w)).add(b);
    const plain = grad((p: Tensor[]) => sum(layer(layer(p[0] as Tensor)).square()))([x, w, b]);
    const again = checkpoint(layer);
    const saved = grad((p: Tensor[]) => sum(again(again(p[0] as Tensor)).square()))([x, w, b]);
    for (const [i, g] of plain.entries()) assertClose(saved[i]?.dataSync() ?? [], g.dataSync(), { rtol: 1e-6 });
  });
});

onDevices(test, 'checkpoints nest', () => {
  scope(() => {
    const [x, w] = [vector(4), vector(4, 1)];
    const inner = (t: Tensor): Tensor => tanh(mul(t, w));
    const outer = (t: Tensor): Tensor => checkpoint(inner)(checkpoint(inner)(t).mul(2)).add(t);
    const plain = grad((p: Tensor[]) =>
      sum(
        inner(inner(p[0] as Tensor).mul(2))
          .add(p[0] as Tensor)
          .square(),
      ),
    )([x, w]);
    const saved = grad((p: Tensor[]) => sum(checkpoint(outer)(p[0] as Tensor).square()))([x, w]);
    for (const [i, g] of plain.entries()) assertClose(saved[i]?.dataSync() ?? [], g.dataSync(), { rtol: 1e-6 });
  });
});

/** Bytes at the most during a gradient through `depth` layers of eight steps. */
function peak(device: Device, depth: number, layer: (t: Tensor) => Tensor): number {
  return scope(() => {
    const x = vector(1024);
    const { allocate } = device;
    const start = device.memory().inUse;
    let most = 0;
    device.allocate = (dtype, length) => {
      const buffer = allocate.call(device, dtype, length);
      most = Math.max(most, device.memory().inUse - start);
      return buffer;
    };
    try {
      scope(() =>
        grad((t: Tensor) => {
          let y = t;
          for (let i = 0; i < depth; i++) y = layer(y);
          return sum(y);
        })(x),
      );
    } finally {
      device.allocate = allocate;
    }
    return most;
  });
}

onDevices(test, 'inside, intermediate results do not stay', (device) => {
  const layer = (t: Tensor): Tensor => {
    let y = t;
    for (let i = 0; i < 8; i++) y = tanh(y);
    return y;
  };
  const growth = (f: (t: Tensor) => Tensor): number => (peak(device, 20, f) - peak(device, 10, f)) / 10 / 4096;
  assert.ok(growth(layer) > 7.5, `${growth(layer)} blocks a layer`);
  assert.ok(growth(checkpoint(layer)) < 1.5, `${growth(checkpoint(layer))} blocks a layer`);
});

onDevices(test, 'a generator that is named draws the same numbers again, and goes on from where it stood', () => {
  scope(() => {
    const x = vector(64);
    const run = (rng: Rng, wrap: boolean): [number[], number] => {
      const drop = (t: Tensor): Tensor => where(rng.bernoulli([64], 0.5), t.square(), 0);
      const f = wrap ? checkpoint(drop, { rng }) : drop;
      const g = grad((t: Tensor) => sum(f(f(t).add(t))))(x);
      return [[...g.dataSync()], rng.number()];
    };
    assert.equal(run(new Rng(5), true), run(new Rng(5), false));
  });
});

onDevices(test, 'what was made in an inner scope is there for the second pass', () => {
  const [x, w] = [vector(4), vector(4, 1)];
  assertLeaves(0, () => {
    const g = grad((t: Tensor) =>
      scope(() => {
        const factor = w.mul(2);
        const limit = w.add(0.1);
        return sum(checkpoint((u: Tensor) => where(greater(limit, 0), mul(u, factor), 0))(t));
      }),
    )(x);
    const expected = [...w.dataSync()].map((v) => (Math.fround(v + 0.1) > 0 ? 2 * v : 0));
    assertClose(g.dataSync(), expected, { rtol: 1e-6 });
    g.dispose();
  });
  dispose([x, w]);
});

onDevices(test, 'an input returned as it is passes its gradient once', () => {
  scope(() => {
    const x = tensor([1, 2]);
    const same = checkpoint((t: Tensor) => t);
    assertClose(grad((t: Tensor) => sum(same(t)))(x).dataSync(), [1, 1]);
    assertClose(grad((t: Tensor) => sum(mul(same(t), t)))(x).dataSync(), [2, 4]);
    assertClose(grad((t: Tensor) => sum(mul(checkpoint(() => t)(), t)))(x).dataSync(), [2, 4]);
  });
});

onDevices(test, 'an error in the second pass leaves nothing behind, and the generator where it was', () => {
  const x = vector(4);
  const rng = new Rng(1);
  let calls = 0;
  const f = checkpoint(
    (t: Tensor) => {
      const y = mul(t, rng.normal([4]));
      if (++calls === 2) throw new Error('mine');
      return y;
    },
    { rng },
  );
  assertLeaves(0, () => assertThrows(() => grad((t: Tensor) => sum(f(t)))(x), Error, /mine/));
  assert.equal(rng.state.block, 1);
  x.dispose();
});

test('second derivatives through a checkpoint are those of central differences', async () => {
  const f = checkpoint((t: Tensor) => tanh(matmul(t, t)));
  const g = grad((t: Tensor) => sum(f(t).square()));
  await checkGradients((t) => g(t), [tensor([[0.1, 0.4], [-0.3, 0.2]])]); // biome-ignore format: rows
});

test('checkpoint sets back every generator that is named', () => {
  scope(() => {
    const run = (wrap: boolean): number[] => {
      const [a, b] = [new Rng(1), new Rng(2)];
      const f = (t: Tensor): Tensor => where(a.bernoulli([64], 0.5), t.square(), mul(t, b.normal([64])));
      const g = grad((t: Tensor) => sum((wrap ? checkpoint(f, { rng: [a, b] }) : f)(t)))(
        tensor(new Float32Array(64).fill(3)),
      );
      return [...g.dataSync(), a.number(), b.number()];
    };
    assert.equal(run(true), run(false));
  });
});

test.run();
