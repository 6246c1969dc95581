/** Writes the decision guide into the package's README, between its markers: `npm run guide --workspace @saccade/example-topk`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { init } from '@saccade/tensor';
import { guideTable } from './guide.js';

const readme = new URL('../../../packages/topk/README.md', import.meta.url);
await init({ device: 'wasm' });
const text = readFileSync(readme, 'utf8');
const marked = /(<!-- guide: .*? -->\n)[\s\S]*?(\n<!-- end of guide -->)/;
if (!marked.test(text)) throw new Error(`${readme.pathname} has no markers of a guide`);
const table = await guideTable();
writeFileSync(
  readme,
  text.replace(marked, (_, start: string, end: string) => `${start}\n${table}\n${end}`),
);
console.log(table);
