/** Trains the two networks that the page brings, in a minute or two: `npm run train-pair`. Its argument is another folder to write to. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { saveModule } from '@saccade/nn';
import { init } from '@saccade/tensor';
import { kinds, trainPair } from '../pair.js';

const folder = resolve(process.argv[2] ?? fileURLToPath(new URL('../data', import.meta.url)));

await init({ device: 'wasm' });
let told = -1;
const pair = await trainPair(1, {
  signal: new AbortController().signal,
  onStep: (share, text) => {
    const percent = Math.floor(20 * share);
    if (percent > told) console.log(text);
    told = percent;
  },
});
for (const kind of kinds) await saveModule(`${folder}/digits-${kind}.safetensors`, pair[kind]);
// Threads that wait for work would keep it alive.
process.exit();
