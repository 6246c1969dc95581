/** All cases, in the order of the table. */
import type { Case } from '../bench/case.js';
import { digitsStep } from './digits.js';
import { attentionOfHeads, elementwiseChain, layerNormOfRows, matrixProduct, softmaxOfRows } from './operations.js';
import { transformerStep } from './transformer.js';

/** What is run. */
export interface Choice {
  /** Small sizes and few turns: shows that all runs. */
  readonly quick: boolean;
  /** Also what small GPUs take long for or have no memory for. */
  readonly large: boolean;
  /** Only cases whose name matches. */
  readonly only?: RegExp | undefined;
}

const quickCases: readonly Case[] = [
  matrixProduct(128),
  softmaxOfRows(100, 100),
  attentionOfHeads(2, 64, 32),
  layerNormOfRows(100, 100),
  elementwiseChain(1e4),
  digitsStep(8),
  transformerStep({ layers: 1, batch: 2, length: 16, channels: 32, heads: 2 }),
];

const usualCases: readonly Case[] = [
  matrixProduct(1024),
  softmaxOfRows(1000, 1000),
  softmaxOfRows(4096, 4096),
  attentionOfHeads(8, 2048, 64),
  layerNormOfRows(4096, 1024),
  elementwiseChain(4e6),
  digitsStep(64),
  transformerStep({ layers: 2, batch: 16, length: 64, channels: 128, heads: 4 }),
];

const largeCases: readonly Case[] = [
  matrixProduct(4096),
  transformerStep({ layers: 6, batch: 8, length: 256, channels: 512, heads: 8 }),
];

export function chosenCases({ quick, large, only }: Choice): Case[] {
  const cases = quick ? quickCases : large ? [...usualCases, ...largeCases] : usualCases;
  return cases.filter(({ name }) => only?.test(name) ?? true);
}
