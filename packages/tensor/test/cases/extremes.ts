/** Cases of the larger and the smaller of two operands. */
import * as t from '../../src/index.js';
import type { Case } from './case.js';
import { binaryCases } from './forms.js';

export const extremesCases: readonly Case[] = [
  ...binaryCases('maximum', t.maximum, [-2, 2], [-2, 2], { kinked: true }),
  ...binaryCases('minimum', t.minimum, [-2, 2], [-2, 2], { kinked: true }),
];
