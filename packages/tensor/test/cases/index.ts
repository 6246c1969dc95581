/** All cases. */
import type { Case } from './case.js';
import { denseCases } from './dense.js';
import { elementwiseCases } from './elementwise.js';
import { fusedCases } from './fused.js';
import { layoutCases, segmentCases } from './layout.js';
import { discreteCases, reduceCases } from './reduce.js';

/** Operations with gradients. */
export const gradientCases: readonly Case[] = [
  ...elementwiseCases,
  ...reduceCases,
  ...layoutCases,
  ...segmentCases,
  ...denseCases,
  ...fusedCases,
];

/** Every operation. */
export const allCases: readonly Case[] = [...gradientCases, ...discreteCases];
