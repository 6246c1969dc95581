/** `rank-collapse paths`: what paths of each length, source, head and layer contribute to a transformer's output. */
import { print, printJson, readArguments, requireFolders, someOf, UsageError, writeFile } from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { dispose, scope, tensorsOf } from '@saccade/tensor';
import { pathContributions } from '../paths/path-contributions.js';
import { countedLengths } from './counted-lengths.js';
import { describeModel, modelDefinitions, modelHelp, modelJson, requireModelFile, withModel } from './model.js';
import { pathsJson, pathsPicture, pathsText } from './paths-report.js';
import { sampleLengths, samplingDefinitions, samplingHelp, samplingOf } from './sample-lengths.js';
import {
  oneSample,
  readSamples,
  requireSampleOptions,
  sampleDefinitions,
  sampleHelp,
  seedOf,
  textDefinition,
  textHelp,
} from './samples.js';
import { progressTeller } from './tell-progress.js';
import { normsHelp, partsOfVariant, variantDefinitions, variantMeaning, variantOf } from './variants.js';

const help = `The output of a transformer for one text as a sum over all paths through its heads, cut by how many heads
a path goes through; with attention, the scales of norms and the outputs of perceptrons as they are.

  rank-collapse paths MODEL.safetensors [--tokens FILE] [options]

MODEL is a .safetensors file, or the index of several (.safetensors.index.json).

${sampleHelp}${textHelp}  --variant NAME       which parts of the model run:
${variantMeaning}${normsHelp}  --by PLACE           the same sum by head, layer, first (layer whose heads are used) or last; several
                       times, or with commas between. Paths through several heads count at each
  --sources            what paths begin with: tokens, biases, perceptrons, shifts of norms
  --sources-by-layer   the same, layers apart, which takes longer
${samplingHelp}  --svg FILE           the norms as a picture; with --sample the estimates and their intervals
${modelHelp}
Columns: the norm of what the paths contribute, in the norm of the paper; the residual, its part that
tells tokens apart; the share of the output, along it: shares add up to 100 %, norms do not.
Exit status 1 if the contributions do not add up to the output.
`;

const definitions = {
  ...modelDefinitions,
  ...sampleDefinitions,
  ...textDefinition,
  ...variantDefinitions,
  ...samplingDefinitions,
  by: { type: 'string', multiple: true },
  sources: { type: 'boolean', default: false },
  'sources-by-layer': { type: 'boolean', default: false },
  svg: { type: 'string' },
} as const;

/** Runs the command. @returns the exit status */
export async function paths(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(args, definitions, 1);
  if (values.help) {
    await print(help);
    return 0;
  }
  const { svg } = values;
  const file = requireModelFile(positionals, 'paths');
  requireSampleOptions(values);
  requireFolders({ svg });
  const by = someOf('by', values.by?.join(','), ['head', 'layer', 'first', 'last']) ?? [];
  const sampling = samplingOf(values);
  const variant = variantOf(values.variant);
  const parts = partsOfVariant('paths', variant, values['no-norms']);
  return await withModel(file, values, signal, async (opened) => {
    const { model } = opened;
    const counts = countedLengths(model, parts);
    const lengths = sampling === undefined ? [] : sampledLengths(counts, sampling.length);
    const { text, tokens } = oneSample(await readSamples(opened, values, 1), values);
    return await scope(async () => {
      const pass = { variant: parts, signal };
      const tellLayers = progressTeller();
      const sourcesByLayer = values['sources-by-layer'];
      const exact = await pathContributions(model, tokens, {
        ...{ ...pass, by, sourcesByLayer, onProgress: tellLayers(variant) },
      });
      const sampled =
        sampling &&
        (await sampleLengths(model, tokens, exact, { ...sampling, lengths, seed: seedOf(values) }, (length) => ({
          ...pass,
          onProgress: tellLayers(`length ${length}`),
        })));
      const report = { counts, exact, sampled, sources: values.sources || sourcesByLayer };
      if (svg !== undefined) writeFile(svg, pathsPicture(report));
      const norms = !values['no-norms'];
      if (values.json) await printJson({ ...modelJson(opened), text, variant, norms, ...pathsJson(report) });
      else {
        const about = `${plainText(file)}: ${describeModel(opened)}; text ${text}, ${variant}\n\n`;
        await print(`${about}${pathsText(report)}${svg === undefined ? '' : `picture: ${plainText(svg)}\n`}`);
      }
      dispose([...tensorsOf(exact), ...tensorsOf(tokens)]);
      return exact.check?.holds === true ? 0 : 1;
    });
  });
}

/** @throws {UsageError} for a length that no path has */
function sampledLengths(counts: ReturnType<typeof countedLengths>, asked: number | undefined): readonly number[] {
  const lengths = counts.flatMap(({ count }, length) => (count > 0n ? [length] : []));
  if (asked === undefined) return lengths;
  if (lengths.includes(asked)) return [asked];
  const [first, last] = [lengths[0], lengths.at(-1)];
  const known = first === last ? `length ${first}` : `lengths from ${first} to ${last}`;
  throw new UsageError(`--length: paths have ${known}, got ${asked}`);
}
