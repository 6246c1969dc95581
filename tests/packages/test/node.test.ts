/** The packed packages in Node: as ES modules and as CommonJS, one instance for both. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { userProject } from '../src/project.js';

const { packages, node } = await userProject();

for (const name of packages) {
  test(`${name} gives import and require the same instance`, async () => {
    const code = `import(${JSON.stringify(name)}).then((esm) => {
      const names = Object.keys(require(${JSON.stringify(name)}));
      const same = names.filter((key) => key !== 'default' && require(${JSON.stringify(name)})[key] === esm[key]);
      console.log(JSON.stringify([names.length, same.length, Object.keys(esm).length]));
    })`;
    const [names, same, exported] = JSON.parse(await node('--input-type=commonjs', '-e', code));
    assert.ok(names > 0, 'exports nothing');
    assert.is(same, names);
    assert.is(exported, names);
  });
}

for (const file of ['esm.mjs', 'commonjs.cjs']) {
  test(`${file} multiplies matrices`, async () => {
    const { product, leaked, info } = JSON.parse(await node(file));
    console.log(`    ${file}: [${product}] on ${info.name} (${info.arithmetic}), ${info.threads} threads`);
    assert.equal(product, [19, 22, 43, 50]);
    assert.is(leaked, 0);
    assert.is(info.name, 'wasm');
    assert.is(info.threads, 2);
  });
}

test.run();
