/** Scopes, keep and dispose: who lives how long. */
import { DisposedError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dispose, grad, keep, memory, scope, sum, type Tensor, tensor } from '../src/index.js';
import { assertLeaves, onDevices } from './devices.js';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

onDevices(test, 'a scope frees what was made inside, except what it returns in any container', () => {
  assertLeaves(5, () => {
    const result = scope(() => {
      const x = tensor([1, 2]);
      x.mul(2);
      x.add(1).sub(1);
      return {
        x,
        list: [x.mul(3)],
        map: new Map([['m', x.mul(4)]]),
        set: new Set([x.mul(5)]),
        own: new (class {
          y: Tensor = x.mul(6);
        })(),
      };
    });
    assertClose(result.list[0]?.dataSync() ?? [], [3, 6]);
    assertClose(result.own.y.dataSync(), [6, 12]);
    assert.not(result.x.disposed);
  });
});

onDevices(test, 'scopes nest: what an inner one returns belongs to the outer one', () => {
  assertLeaves(0, () => {
    const outer = scope(() => {
      const y = scope(() => tensor([1]).mul(2));
      assert.not(y.disposed);
      return { y: y.item(), t: y };
    });
    assert.is(outer.y, 2);
    outer.t.dispose();
  });
});

onDevices(test, 'an exception frees everything and passes through', () => {
  const before = memory().tensors;
  assertThrows(
    () =>
      scope(() => {
        tensor([1]);
        scope(() => {
          tensor([2]);
          throw new Error('mine');
        });
      }),
    Error,
    /mine/,
  );
  assert.is(memory().tensors, before);
  scope(() => tensor(1));
});

onDevices(test, 'tensors from outside are left alone, returned or not', () => {
  const x = tensor([1, 2]);
  scope(() => x);
  scope(() => {
    x.mul(2);
  });
  assertClose(x.dataSync(), [1, 2]);
  x.dispose();
});

onDevices(test, 'keep takes a tree out of all scopes', () => {
  const kept: Tensor[] = [];
  assertLeaves(2, () => {
    scope(() => scope(() => kept.push(...Object.values(keep({ a: tensor([1]), b: tensor([2]) })))));
  });
  assert.not(kept.some((t) => t.disposed));
  dispose(kept);
});

onDevices(test, 'disposing twice is fine, using afterwards is refused by name and shape', () => {
  const x = tensor([[1, 2]]);
  x.dispose();
  x.dispose();
  dispose({ x });
  assert.ok(x.disposed);
  const message = /: this tensor of shape \[1, 2\] \(float32\) was disposed; return it from its scope, or keep/;
  for (const use of [() => x.dataSync(), () => x.mul(2), () => x.device, () => x.at(0)]) {
    assertThrows(use, DisposedError, message);
  }
  assertThrows(() => x.dataSync(), DisposedError, /^dataSync: /);
  assert.equal(x.shape, [1, 2]);
  assert.is(String(x), 'Tensor float32 [1, 2] (disposed)');
});

onDevices(test, 'views over one block free it with the last of them', () => {
  const before = memory();
  const x = tensor([1, 2, 3, 4]);
  const y = x.reshape([2, 2]);
  assert.is(memory().tensors - before.tensors, 2);
  const bytes = memory().bytes;
  x.dispose();
  assert.is(memory().bytes, bytes);
  assertClose(y.dataSync(), [1, 2, 3, 4]);
  y.dispose();
  assert.is(memory().bytes, before.bytes);
});

onDevices(test, 'using frees at the end of the block', () => {
  assertLeaves(0, () => {
    using x = tensor([1, 2]);
    using y = x.mul(2);
    assertClose(y.dataSync(), [2, 4]);
  });
});

onDevices(test, 'tensors that an active tape needs outlive their scope', () => {
  const x = tensor([1, 2]);
  assertLeaves(1, () => {
    const g = grad((t: Tensor) => scope(() => sum(scope(() => t.exp().square()).mul(scope(() => t.sigmoid())))))(x);
    assert.is(g.size, 2);
  });
  x.dispose();
});

onDevices(test, 'an asynchronous scope frees when its promise settles, whichever way', async () => {
  const before = memory().tensors;
  const promise = scope(async () => {
    const x = tensor([1]);
    await tick();
    const y = x.mul(2);
    assert.not(x.disposed);
    return y;
  });
  assert.is(memory().tensors, before + 1);
  const y = await promise;
  assert.is(memory().tensors, before + 1);
  assert.is(y.item(), 2);
  y.dispose();
  const failing = scope(async () => {
    tensor([1]);
    await tick();
    tensor([2]);
    throw new Error('mine');
  });
  await failing.then(assert.unreachable, (error) => assert.match(error.message, 'mine'));
  assert.is(memory().tensors, before);
});

onDevices(test, 'overlapping asynchronous scopes keep to themselves, in any order of ending', async () => {
  const before = memory().tensors;
  const run = (first: number, last: number, factor: number): Promise<Tensor> =>
    scope(async () => {
      const x = tensor([factor]);
      for (let i = 0; i < first; i++) await tick();
      const y = x.mul(2);
      for (let i = 0; i < last; i++) await tick();
      assert.not(x.disposed);
      return y;
    });
  const results = await Promise.all([run(1, 5, 1), run(2, 1, 10), run(4, 9, 100), run(0, 0, 1000)]);
  assert.equal(
    results.map((t) => t.item()),
    [2, 20, 200, 2000],
  );
  dispose(results);
  assert.is(memory().tensors, before);
});

onDevices(test, 'a plain function that returns a promise has a scope of its own too', async () => {
  const before = memory().tensors;
  const promise = scope(() => {
    const x = tensor([1]);
    return tick().then(() => x.mul(3));
  });
  const meanwhile = tensor([5]);
  const y = await promise;
  assert.is(y.item(), 3);
  assert.is(meanwhile.item(), 5);
  dispose([y, meanwhile]);
  assert.is(memory().tensors, before);
});

onDevices(test, 'asynchronous scopes nest, with gradients and synchronous scopes between the awaits', async () => {
  const before = memory().tensors;
  const y = await scope(async () => {
    const x = tensor([1, 2]);
    const inner = await scope(async () => {
      await tick();
      const g = grad((t: Tensor) => sum(t.square()))(x);
      await tick();
      return scope(() => g.mul(2).add(1));
    });
    await tick();
    return inner.mul(1);
  });
  assertClose(y.dataSync(), [5, 9]);
  y.dispose();
  assert.is(memory().tensors, before);
});

onDevices(test, 'what is made in a chain that outlives its scope belongs to the nearest one that is open', async () => {
  const before = memory().tensors;
  let late: Promise<Tensor> | undefined;
  await scope(async () => {
    scope(() => {
      late = scope(async () => {
        await tick();
        return tensor([1]);
      });
    });
    const t = await (late as Promise<Tensor>);
    assert.not(t.disposed);
  });
  assert.is(memory().tensors, before);
  await scope(async () => {
    late = (async () => {
      await tick();
      await tick();
      return tensor([2]);
    })();
  });
  const t = await (late as Promise<Tensor>);
  assert.not(t.disposed);
  t.dispose();
  assert.is(memory().tensors, before);
});

test.run();
