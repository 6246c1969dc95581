/** Drops tensors without disposing them, and waits until the garbage collector has freed them. Needs --expose-gc. */
import { memory, tensor } from '../../src/index.js';

const collect = (globalThis as { gc?: () => void }).gc as () => void;
const kept = tensor([[1, 2]]);
for (let i = 0; i < 60; i++) {
  tensor([[1, 2]]).mul(2);
  tensor([
    [1, 2],
    [3, 4],
  ]);
}
for (let i = 0; i < 100 && memory().tensors > 1; i++) {
  collect();
  await new Promise((resolve) => setTimeout(resolve, 5));
}
console.log(memory().tensors === 1 && !kept.disposed ? 'freed' : `${memory().tensors} left`);
