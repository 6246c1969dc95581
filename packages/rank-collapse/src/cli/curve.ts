/** `rank-collapse curve`: how far tokens are from one, layer by layer. */
import { oneOf, print, printJson, readArguments, requireFolders, writeFile } from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { dispose } from '@saccade/tensor';
import { curveChart } from '../charts/curve-chart.js';
import { residualCurve } from '../curve/residual-curve.js';
import { curveNotes, curveTable, type VariantCurve } from './curve-table.js';
import { describeModel, modelDefinitions, modelHelp, modelJson, requireModelFile, withModel } from './model.js';
import { countSamples, readSamples, requireSampleOptions, sampleDefinitions, sampleHelp } from './samples.js';
import { progressTeller } from './tell-progress.js';
import { normsHelp, partsOfVariant, variantDefinitions, variantMeaning, variantsOf } from './variants.js';

const help = `How far the tokens of a transformer are from one token: the residual ratio |res(X)| / |X| of its states
in the norm of the paper, from the embeddings (layer 0) to behind the last layer.

  rank-collapse curve MODEL.safetensors [--tokens FILE] [options]

MODEL is a .safetensors file, or the index of several (.safetensors.index.json).

${sampleHelp}  --variant NAMES      one, several with commas between, or all, as curves side by side:
${variantMeaning}${normsHelp}  --center NAME        what tokens are compared with: mean (default), median or midrange
  --ranks              stable rank and entropy rank too, which take longer
  --svg FILE           the curves as a picture
${modelHelp}
Columns: the ratio, its mean and standard deviation over texts; the same ratio in the Frobenius norm;
the mean cosine of two tokens. Exit status 1 if a curve ends early, at states that are not finite.
`;

const definitions = {
  ...modelDefinitions,
  ...sampleDefinitions,
  ...variantDefinitions,
  center: { type: 'string' },
  ranks: { type: 'boolean', default: false },
  svg: { type: 'string' },
} as const;

/** Runs the command. @returns the exit status */
export async function curve(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(args, definitions, 1);
  if (values.help) {
    await print(help);
    return 0;
  }
  const { svg, ranks } = values;
  const file = requireModelFile(positionals, 'curve');
  requireSampleOptions(values);
  requireFolders({ svg });
  const center = oneOf('center', values.center, ['mean', 'median', 'midrange']) ?? 'mean';
  const variants = variantsOf(values.variant);
  return await withModel(file, values, signal, async (opened) => {
    const samples = await readSamples(opened, values, 4);
    const count = countSamples(samples);
    const curves: VariantCurve[] = [];
    const tellLayers = progressTeller();
    for (const variant of variants) {
      const parts = partsOfVariant('curve', variant, values['no-norms']);
      const options = {
        center,
        ranks,
        variant: parts,
        onNonFinite: 'report',
        onProgress: tellLayers(variant),
      } as const;
      curves.push({ variant, ...(await residualCurve(opened.model, samples, { ...options, signal })) });
    }
    if ('shape' in samples) dispose(samples);
    if (svg !== undefined) writeFile(svg, picture(curves));
    const norms = !values['no-norms'];
    if (values.json) await printJson({ ...modelJson(opened), center, norms, samples: count, variants: curves });
    else {
      const about = `${count} sample${count === 1 ? '' : 's'}, residuals from the ${center}`;
      await print(
        `${plainText(file)}: ${describeModel(opened)}; ${about}\n\n${curveTable(curves)}${curveNotes(curves, opened)}` +
          (svg === undefined ? '' : `picture: ${plainText(svg)}\n`),
      );
    }
    return curves.some(({ stopped }) => stopped !== undefined) ? 1 : 0;
  });
}

function picture(curves: readonly VariantCurve[]): string {
  const drawn = curves.map(({ variant, points }) => ({
    name: variant,
    points: points.map(({ layer, ratio: { mean, deviation }, atFloor }) => ({ layer, mean, deviation, atFloor })),
  }));
  return curveChart(drawn);
}
