/** Makes a checkpoint with the shape of BERT-base, or converts one, and tells how long it took and how much memory: `make PATH`, `convert SOURCE TARGET`. */
import { writeFileSync } from 'node:fs';
import { init } from '@saccade/tensor';
import { convertCheckpoint } from '../../src/checkpoint/convert-checkpoint.js';
import { bertBase, bertConfig, saveBert } from '../checkpoint/bert-checkpoint.js';

const [what, source, target] = process.argv.slice(2) as [string, string, string];
await init({ device: 'wasm', threads: 2 });
const begin = performance.now();
if (what === 'make') {
  await saveBert(source, bertBase);
  writeFileSync(source.replace(/[^/\\]*$/, 'config.json'), JSON.stringify(bertConfig(bertBase)));
} else await convertCheckpoint(source, target, { sharedDim: 256 });
const seconds = (performance.now() - begin) / 1000;
console.log(JSON.stringify({ seconds, peak: process.resourceUsage().maxRSS * 1024 }));
process.exit(0);
