/** Which parts of the model run. */
import { oneOf, UsageError } from '@saccade/command';
import { type Parts, partsOf } from '../model/variant.js';

/** The options that say so. */
export const variantDefinitions = {
  variant: { type: 'string' },
  'no-norms': { type: 'boolean', default: false },
} as const;

/** Their names, in the order of the paper's Figure 2. */
export const variantNames = ['san', 'san+mlp', 'san+skip', 'transformer'] as const;

/** One of them. */
export type VariantName = (typeof variantNames)[number];

/** What the help of all commands says of them. */
export const variantMeaning = `                       transformer (default; the model as it is), san (attention without its skip, and
                       no perceptrons), san+mlp (perceptrons, which keep their skip), san+skip
`;

/** The help of the option that goes with all. */
export const normsHelp = `  --no-norms           without the norms of the layers
`;

/** @param op names the command in errors */
export function partsOfVariant(op: string, name: VariantName, withoutNorms: boolean): Parts {
  return { ...partsOf(op, name), ...(withoutNorms && { norms: false }) };
}

/** The variants that are asked for: names with commas between, or all. @throws {UsageError} */
export function variantsOf(text: string | undefined): readonly VariantName[] {
  if (text === undefined) return ['transformer'];
  if (text === 'all') return variantNames;
  const given = text.split(',');
  const wrong = given.find((name) => !(variantNames as readonly string[]).includes(name));
  if (wrong !== undefined) {
    throw new UsageError(`--variant must be all, or some of ${variantNames.join(', ')}, got ${wrong}`);
  }
  return variantNames.filter((name) => given.includes(name));
}

/** The variant that is asked for. @throws {UsageError} */
export function variantOf(text: string | undefined): VariantName {
  return oneOf('variant', text, variantNames) ?? 'transformer';
}
