/** The command: an edge filter as a convolution and as attention, as a table and as a picture. */
import { basename, resolve } from 'node:path';
import {
  exitStatus,
  oneOf,
  print,
  printJson,
  readArguments,
  readFile,
  realNumber,
  requireFolders,
  table,
  tell,
  UsageError,
  wholeNumber,
  writeFile,
} from '@saccade/command';
import { shortNumber } from '@saccade/pictures';
import { type Comparison, compare } from './compare.js';
import { type FilterName, filters } from './filters.js';
import { type Photograph, photograph } from './photograph.js';
import { reportSvg } from './report.js';
import { userImage } from './user-image.js';

const help = `usage: npm run edge-filter -- [options]

Shows one image through an edge filter: as a convolution, as attention that is the sharper the larger alpha is, and where both
differ. Prints a table, and writes a picture.

  --image FILE    a PNG of your own. Default: one like a photograph is generated
  --seed N        of the generated image. Default 1
  --size N        longest side in pixels; larger images are made smaller. Default 256
  --filter NAME   ${Object.keys(filters).join(' or ')}. Default sobel
  --alphas LIST   sharpnesses, above 0. Default 1,2,4,8,16,128
  --output FILE   the picture, an SVG file. Default edge-filter.svg
  --json          the numbers as JSON instead of the table
  --help          this text

Exit status: 0 if all went well, 1 if something failed, 2 for a wrong option, 130 after Ctrl-C.
`;

const options = {
  image: { type: 'string' },
  seed: { type: 'string' },
  size: { type: 'string' },
  filter: { type: 'string' },
  alphas: { type: 'string' },
  output: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** npm runs the command in the workspace; paths are meant from where it was typed. */
const pathOf = (name: string): string => resolve(process.env.INIT_CWD ?? process.cwd(), name);

/** @throws {UsageError} unless all are numbers above 0 */
function alphasOf(text: string): number[] {
  return text.split(',').map((part) => realNumber('alphas', part, { above: true }) as number);
}

function tableOf({ steps }: Comparison): string {
  return table(
    ['alpha', 'weight elsewhere', 'largest error', 'certified', 'weights'],
    steps.map(({ alpha, epsBound, maxError, bound, oneHot }) => [
      String(alpha),
      oneHot ? '0 %' : `${shortNumber(100 * epsBound)} %`,
      shortNumber(maxError),
      shortNumber(bound),
      oneHot ? '1 and 0' : 'soft',
    ]),
  );
}

/** The numbers without the pixels. */
function jsonOf(comparison: Comparison, origin: string, filter: FilterName, output: string): object {
  const { height, width, largest, steps } = comparison;
  const rows = steps.map(({ alpha, epsBound, maxError, bound, oneHot }) => ({
    alpha,
    epsBound,
    maxError,
    bound,
    oneHot,
  }));
  return { image: origin, height, width, filter, largest, steps: rows, output };
}

async function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values } = readArguments(args, options);
  if (values.help) {
    await print(help);
    return 0;
  }
  const size = wholeNumber('size', values.size, 8) ?? 256;
  const seed = wholeNumber('seed', values.seed, 0) ?? 1;
  const filter = oneOf('filter', values.filter, Object.keys(filters) as FilterName[]) ?? 'sobel';
  const alphas = alphasOf(values.alphas ?? '1,2,4,8,16,128');
  const output = pathOf(values.output ?? 'edge-filter.svg');
  if (values.image !== undefined && values.seed !== undefined) {
    throw new UsageError('--seed is of generated images: leave it out, or --image');
  }
  requireFolders({ output });
  const image: Photograph =
    values.image === undefined ? photograph(seed, size) : await userImage(readFile(pathOf(values.image)), size);
  const origin = values.image === undefined ? `generated, seed ${seed}` : basename(values.image);
  const comparison = await compare(image, filter, alphas, (alpha) => {
    signal.throwIfAborted();
    void tell(`alpha ${alpha}`);
  });
  writeFile(output, reportSvg({ image, origin, filter, comparison }));
  if (values.json) await printJson(jsonOf(comparison, origin, filter, output));
  else {
    const { width, height, largest } = comparison;
    await print(
      `A ${filters[filter].name} filter on ${origin}, ${width} x ${height}, whose values go up to ${shortNumber(largest)}\n\n`,
    );
    await print(`${tableOf(comparison)}\n${output}\n`);
  }
  return 0;
}

exitStatus('edge-filter', 'npm run edge-filter -- --help', (signal) => run(process.argv.slice(2), signal)).then(
  (code) => process.exit(code),
);
