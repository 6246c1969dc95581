/** The attention layers of a file whose heads can be read as kernels. */
import { UsageError } from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { FormatError } from '@saccade/tensor';
import { type AttentionModule, loadAttention } from '../files/attention-file.js';
import { GatedPositionalAttention } from '../layers/gated-positional-attention.js';
import { LearnedRelativeAttention } from '../layers/learned-relative-attention.js';
import { QuadraticAttention } from '../layers/quadratic-attention.js';
import type { ReadableHeads } from '../pictures/heads-picture.js';

/** A layer by its place in the file's module; '' where the file is the layer. */
export type NamedHeads = readonly [name: string, layer: ReadableHeads];

/** Reads a file, and finds the layers whose heads attend by position. @throws {FormatError} if there are none @throws {UsageError} for a name that there is not */
export async function readHeads(path: string, only: string | undefined): Promise<readonly NamedHeads[]> {
  const module = await loadAttention(path);
  const all = headsOf(module);
  if (all.length === 0) throw new FormatError(`${path}: no layer whose heads attend by position`);
  if (only === undefined) return all;
  const found = all.filter(([name]) => name === only);
  if (found.length > 0) return found;
  throw new UsageError(`--layer: ${path} has no layer ${only}; there are ${listed(all)}`);
}

/** The layers' names, as terminals may show them. */
export function listed(layers: readonly NamedHeads[]): string {
  return layers.map(([name]) => plainText(name) || "''").join(', ');
}

function headsOf(module: AttentionModule): NamedHeads[] {
  return Array.from(module.modules()).flatMap(([name, part]): NamedHeads[] => {
    const readable =
      part instanceof QuadraticAttention ||
      part instanceof GatedPositionalAttention ||
      (part instanceof LearnedRelativeAttention && part.positionOnly);
    return readable ? [[name, part]] : [];
  });
}
