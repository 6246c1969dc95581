/** `collab-attention compress MODEL.onnx`: a graph with shared keys and queries. */
import { percent, print, printJson, table } from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { compressOnnx } from '../onnx/compress-onnx.js';
import type { CompressOnnxOptions, OnnxProgress } from '../onnx/onnx-options.js';
import type { OnnxAttentionReport, OnnxReport } from '../onnx/onnx-report.js';
import { size } from './model.js';

/** Milliseconds between two lines. */
const PAUSE = 2000;

function progressTeller(): (progress: OnnxProgress) => void {
  let [last, told] = ['', 0];
  return ({ attention, index, attentions, rank, iteration, error }) => {
    if (attention === last && performance.now() - told < PAUSE) return;
    [last, told] = [attention, performance.now()];
    const how = `rank ${rank}, sweep ${iteration}, error ${error.toPrecision(3)}`;
    process.stderr.write(`attention ${index + 1} of ${attentions}: ${plainText(attention)}, ${how}\n`);
  };
}

function row(report: OnnxAttentionReport): string[] {
  const name = plainText(report.name);
  if (report.status !== 'converted') return [name, report.status, '-', '-', '-'];
  const { rank, heads, dims, error, bytes } = report;
  return [name, `${rank} of ${heads * dims}`, error.toPrecision(3), size(bytes.before), size(bytes.after)];
}

function reportText({ attentions, total, warnings }: OnnxReport): string {
  const kept = attentions.flatMap((one) => (one.status === 'converted' ? [] : [[one.name, one.reason] as const]));
  const { before, after } = total.bytes;
  return [
    attentions.length > 0 ? table(['attention', 'rank', 'error', 'keys + queries', 'after'], attentions.map(row)) : '',
    kept.length > 0 ? '\n' : '',
    ...kept.map(([name, reason]) => `${plainText(name)}: ${plainText(reason)}\n`),
    `\n${size(before)} before, ${size(after)} after: ${percent(before === 0 ? 0 : 1 - after / before)} less\n`,
    ...warnings.map((warning) => `${plainText(warning)}\n`),
  ].join('');
}

/** Compresses the file, writes it whole, and reports. @returns the exit status */
export async function compressGraph(
  path: string,
  out: string,
  options: CompressOnnxOptions,
  json: boolean,
): Promise<number> {
  const made = await compressOnnx(path, { ...options, onProgress: progressTeller() });
  await made.save(out);
  if (json) await printJson({ file: out, ...made.report });
  else await print(`${reportText(made.report)}model: ${plainText(out)}\n`);
  return 0;
}
