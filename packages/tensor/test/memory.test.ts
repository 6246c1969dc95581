/** Memory stays flat over training; a host without call chains, and dropped tensors, in a process of their own. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ShapeError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  dispose,
  keep,
  matmul,
  memory,
  Rng,
  relu,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  where,
} from '../src/index.js';
import { onDevices } from './devices.js';

interface Weights {
  readonly w1: Tensor;
  readonly b1: Tensor;
  readonly w2: Tensor;
}

onDevices(test, 'a thousand training steps with no freeing by hand leave memory flat', () => {
  const rng = new Rng(3);
  const [x, y] = [rng.normal([8, 4]), rng.normal([8, 1])];
  let weights: Weights = {
    w1: rng.normal([4, 6]),
    b1: rng.normal([6]),
    w2: rng.normal([6, 1]),
  };
  const step = valueAndGrad((p: Weights) => {
    const hidden = relu(matmul(x, p.w1).add(p.b1));
    const loss = matmul(hidden, p.w2).sub(y).square().mean();
    return [loss, { norm: sum(hidden) }] as const;
  });
  const losses: number[] = [];
  const marks: unknown[] = [];
  for (let i = 0; i < 1000; i++) {
    weights = scope(() => {
      const [[loss], g] = step(weights);
      if (i % 100 === 0) losses.push(loss.item());
      const next: Weights = {
        w1: weights.w1.sub(g.w1.mul(0.02)),
        b1: weights.b1.sub(g.b1.mul(0.02)),
        w2: weights.w2.sub(g.w2.mul(0.02)),
      };
      dispose(weights);
      return next;
    });
    if (i === 10 || i === 999) marks.push(memory());
  }
  assert.equal(marks[1], marks[0]);
  assert.ok((losses.at(-1) as number) < (losses[0] as number) / 3);
  dispose([weights, x, y]);
});

onDevices(test, 'gradients without any scope around leave only what they return', () => {
  const w = keep(new Rng(1).normal([16]));
  const step = valueAndGrad((p: Tensor) => [p.square().sum(), p.mul(2)] as const);
  const before = memory();
  for (let i = 0; i < 50; i++) dispose(step(w));
  assert.equal(memory(), before);
  w.dispose();
});

/** Runs a program of test/programs and gives what it printed. */
function program(name: string, ...flags: string[]): string {
  const path = fileURLToPath(new URL(`programs/${name}`, import.meta.url));
  const args = [...flags, '--conditions=@saccade/source', '--import', 'tsx', path];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.is(status, 0, stderr);
  return stdout + stderr;
}

test('without call chains, as in browsers, asynchronous scopes free together and results survive', () => {
  assert.is(program('scope-without-chains.ts'), 'ok\n');
});

test('tensors that are dropped are freed by the garbage collector, with one warning if they are many', () => {
  const printed = program('dropped-tensors.ts', '--expose-gc');
  assert.match(printed, /freed/);
  assert.is(printed.split('saccade: ').length, 2);
  assert.match(printed, /saccade: 100 tensors were dropped without dispose\(\), the last of shape \[\d, 2\]/);
});

test('a choice between operands that do not broadcast leaves nothing behind, outside of scopes too', () => {
  const [float, truth] = [tensor([1, 2, 3]), tensor([1, 2]).greater(1)];
  const before = memory().tensors;
  for (const call of [() => where(truth, 1, float), () => where(truth, float, 0.5)]) {
    assertThrows(call, ShapeError, /do not broadcast/);
  }
  assert.is(memory().tensors, before);
  dispose([float, truth]);
});

test.run();
