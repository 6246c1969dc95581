/** `rank-collapse certify`: how much each layer's attention can leave of what tells tokens apart. */
import { print, printJson, readArguments, tell, UsageError } from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { dispose, matrix, scope, tensorsOf } from '@saccade/tensor';
import { certifyModel } from '../certify/certify-model.js';
import { certifyNetwork, type NetworkCertificate } from '../certify/certify-network.js';
import { statesOf } from '../curve/states.js';
import type { OpenTransformer } from '../model/open-transformer.js';
import type { ModelInput } from '../model/rank-model.js';
import { trackedLayers } from '../track/tracked-layers.js';
import { layersText, networkJson, networkText } from './certify-report.js';
import { describeModel, modelDefinitions, modelHelp, modelJson, requireModelFile, withModel } from './model.js';
import {
  oneSample,
  readSamples,
  requireSampleOptions,
  sampleDefinitions,
  sampleHelp,
  textDefinition,
  textHelp,
} from './samples.js';
import { progressTeller } from './tell-progress.js';
import { normsHelp, partsOfVariant, variantDefinitions, variantMeaning, variantOf } from './variants.js';

const help = `The theorems of the paper for a text: how much the attention of each layer, without its skip, can leave
of the residual of the tokens that it reads.

  rank-collapse certify MODEL.safetensors [--tokens FILE] [options]

MODEL is a .safetensors file, or the index of several (.safetensors.index.json). Its attention must not be
causal, nor have rotary or relative positions.

${sampleHelp}${textHelp}  --variant NAME       which parts of the model run between the layers:
${variantMeaning}${normsHelp}  --pure               the network of the model's attention alone, without skips, perceptrons and norms:
                       its bounds, and its true residuals, however far below the smallest float64
${modelHelp}
Columns: the residual of what the heads read; the largest range of scores, gamma and beta of a head; the
theorem's bound of the residual behind attention, which holds if all ranges are at most 1.256; a sharper
bound that always holds; and the factor of the latter: below 1 attention draws tokens together for certain.
With --pure: the true ratio and residual of the tokens, from their mean; what the layer before leaves at
most; its factor; and whether the theorem holds for it. In JSON sizes are log10, and null is that of 0.
`;

const definitions = {
  ...modelDefinitions,
  ...sampleDefinitions,
  ...textDefinition,
  ...variantDefinitions,
  pure: { type: 'boolean', default: false },
} as const;

/** Runs the command. @returns the exit status */
export async function certify(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(args, definitions, 1);
  if (values.help) {
    await print(help);
    return 0;
  }
  const file = requireModelFile(positionals, 'certify');
  requireSampleOptions(values);
  if (values.pure && (values.variant !== undefined || values['no-norms'])) {
    throw new UsageError('--pure is attention alone: no --variant or --no-norms goes with it');
  }
  const variant = variantOf(values.variant);
  const parts = partsOfVariant('certify', variant, values['no-norms']);
  return await withModel(file, values, signal, async (opened) => {
    const { text, tokens } = oneSample(await readSamples(opened, values, 1), values);
    const about = (what: string): string => `${plainText(file)}: ${describeModel(opened)}; text ${text}, ${what}\n\n`;
    const json = { ...modelJson(opened), text };
    if (values.pure) {
      const network = await pureNetwork(opened.model, tokens, signal);
      if (values.json) await printJson({ ...json, pure: true, ...networkJson(network) });
      else await print(about('attention alone') + networkText(network));
    } else {
      const options = { variant: parts, signal, onProgress: progressTeller()(variant) };
      const layers = await certifyModel(opened.model, tokens, options);
      if (values.json) await printJson({ ...json, variant, norms: !values['no-norms'], layers });
      else await print(about(variant) + layersText(layers));
    }
    dispose(tensorsOf(tokens));
    return 0;
  });
}

/** What is proven of the attention alone, and what happens. */
async function pureNetwork(
  model: OpenTransformer,
  tokens: ModelInput,
  signal: AbortSignal,
): Promise<NetworkCertificate> {
  await tell('reading the attention of all layers …');
  const layers = await trackedLayers(model, { signal });
  const states = await scope(async () => {
    const { states } = await statesOf('certify', model, tokens, {});
    const [, rows, columns] = states.shape as [number, number, number];
    return matrix(rows, columns, Float64Array.from((await states.data()) as ArrayLike<number>));
  });
  await tell(`following ${states.rows} tokens through them …`);
  return await certifyNetwork(states, layers, { signal });
}
