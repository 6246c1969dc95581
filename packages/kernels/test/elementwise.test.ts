import { test } from 'uvu';
import { conform, output } from './conformance.js';

test('fill writes one value to every element', async () => {
  await conform('fill', (random) => [output('float32', random.size(5000)), random.integer(-9, 9) / 2]);
});

test.run();
