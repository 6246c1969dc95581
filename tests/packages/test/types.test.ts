/** The packed packages in TypeScript: every declaration checks, under the module resolutions that people use. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import { userProject } from '../src/project.js';

const { folder, packages, node } = await userProject();
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

const entries = [...packages, '@saccade/kernels/gpu'];
const imports = entries.map((name, index) => `export * as p${index} from '${name}';\n`).join('');
writeFileSync(join(folder, 'typed/all.ts'), imports);

for (const [module, moduleResolution] of [
  ['node16', 'node16'],
  ['esnext', 'bundler'],
] as const) {
  // Under node16 the extension makes an ES module or a CommonJS one, whose declarations are other files.
  for (const extension of module === 'node16' ? ['mts', 'cts'] : ['ts']) {
    test(`declarations check with moduleResolution ${moduleResolution} in a .${extension} file`, async () => {
      const files = ['main', 'nn', 'all'].map((name) => `${name}.${moduleResolution}.${extension}`);
      for (const file of files)
        copyFileSync(join(folder, `typed/${file.split('.')[0]}.ts`), join(folder, 'typed', file));
      const compilerOptions = { target: 'es2022', module, moduleResolution, strict: true, noEmit: true, types: [] };
      const config = join(folder, `typed/tsconfig.${moduleResolution}.${extension}.json`);
      writeFileSync(config, JSON.stringify({ compilerOptions, files }));
      await node(tsc, '-p', config);
    });
  }
}

test.run();
