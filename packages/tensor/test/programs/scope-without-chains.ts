/** Scopes on a host that cannot tell asynchronous call chains apart. Prints ok. */
import * as assert from 'uvu/assert';
import { memory, scope, type Tensor, tensor } from '../../src/index.js';

// The first scope asks for it.
process.getBuiltinModule = (() => undefined) as never;

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const count = (): number => memory().tensors;
const start = count();

// One scope: what is made after an await belongs to it too.
const alone = await scope(async () => {
  const x = tensor([1]);
  await tick();
  return x.mul(2);
});
assert.is(alone.item(), 2);
assert.is(count(), start + 1);
alone.dispose();

// Nested: what an inner one returns goes with the outer one.
let inner: Tensor | undefined;
const outer = await scope(async () => {
  inner = await scope(async () => {
    await tick();
    const x = tensor([3]);
    await tick();
    return x.mul(2);
  });
  await tick();
  assert.is(inner.item(), 6);
  return inner.add(1);
});
assert.is(outer.item(), 7);
assert.ok(inner?.disposed);
assert.is(count(), start + 1);
outer.dispose();

// Overlapping, the older ends first: its result was made while the younger ran, and survives.
const run = (before: number, after: number, value: number): Promise<Tensor> =>
  scope(async () => {
    for (let i = 0; i < before; i++) await tick();
    const x = tensor([value]);
    for (let i = 0; i < after; i++) await tick();
    return x.mul(1);
  });
const [older, younger] = [run(2, 1, 10), run(1, 6, 20)];
const first = await older;
assert.is(first.item(), 10);
const second = await younger;
assert.is(first.item(), 10);
assert.is(second.item(), 20);
first.dispose();
second.dispose();
assert.is(count(), start);

// A failure frees as well, and later tensors belong to no scope that ended.
await scope(async () => {
  tensor([1]);
  await tick();
  throw new Error('mine');
}).then(
  () => assert.unreachable(),
  () => {},
);
assert.is(count(), start);
const after = tensor([1]);
assert.is(after.scope, undefined);
after.dispose();

// A synchronous scope between awaits, and one that starts an asynchronous scope without waiting.
await scope(async () => {
  await tick();
  const y = scope(() => tensor([1]).mul(2));
  await tick();
  assert.is(y.item(), 2);
});
let late: Promise<Tensor> | undefined;
scope(() => {
  tensor([1]);
  late = scope(async () => {
    await tick();
    return tensor([4]);
  });
});
const t = await (late as unknown as Promise<Tensor>);
assert.is(t.item(), 4);
t.dispose();
assert.is(count(), start);
console.log('ok');
