/** Two threads against one, both ours: matrix products from 512. */
import { createWasmDevice, type Device, useDevice } from '@saccade/kernels';
import { matmul, tensor } from '@saccade/tensor';
import type { Case, Contender } from '../harness/case.js';
import { saccadeContender } from '../harness/contenders.js';
import { randomValues } from '../harness/random-values.js';

/** The cases, and the device with two threads that they use and that must be disposed after them. */
export function threadCases(one: Device): { cases: Case[]; two: Device & { ready(): Promise<void> } } {
  const two = createWasmDevice({ threads: 2 });
  const on = (device: Device, size: number): Contender => {
    const before = useDevice(device);
    const [x, y] = [1, 2].map((seed) => tensor(randomValues(size * size, seed), { shape: [size, size] }));
    const contender = saccadeContender([x!, y!], () => matmul(x!, y!));
    useDevice(before);
    return contender;
  };
  const cases = [512, 768, 1024].map(
    (size): Case => ({
      group: '2 threads against 1',
      name: `2 threads: matmul ${size}x${size}x${size}`,
      operations: 2 * size ** 3,
      bar: { peer: 'saccade, 1 thread', simd: 1.7, relaxed: 1.7 },
      tolerance: 0, // results do not depend on the number of threads
      contenders: { saccade: () => on(two, size), 'saccade, 1 thread': () => on(one, size) },
    }),
  );
  return { cases, two };
}
