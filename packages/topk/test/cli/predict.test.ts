/** `topk predict` on files of strangers. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rng } from '@saccade/tensor';
import { newFolder } from '@saccade/testing/new-folder';
import { encode } from 'fast-png';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { saveModel } from '../../src/cli/model-file.js';
import { PatchSelector } from '../../src/model/patch-selector.js';
import { topk } from './command.js';

test('names of classes and files cannot move the cursor of a terminal', async () => {
  const folder = newFolder();
  const selector = new PatchSelector({
    ...{ height: 40, width: 40, channels: 1, classes: 2, patches: 2, patchSize: 8, downscale: 1 },
    rng: new Rng(3),
    scorer: { kind: 'conv', channels: [2, 2], pool: 7 },
    features: { kind: 'conv', channels: [2, 2], outSize: 2 },
  });
  await saveModel(join(folder, 'model.safetensors'), selector, ['a\u001b[31m', 'b\n\u009b2J']);
  selector.dispose();
  const image = 'x\u001b[2J.png';
  writeFileSync(
    join(folder, image),
    encode({ width: 40, height: 40, channels: 1, depth: 8, data: new Uint8Array(1600) }),
  );
  const { code, stdout, stderr } = await topk(['predict', image, '--threads', '1'], folder);
  assert.is(code, 0, stderr);
  assert.match(stdout, /^x \[2J\.png: (a \[31m|b {2}2J) \d+\.\d %, (a \[31m|b {2}2J) \d+\.\d %\n/);
  assert.not.match(stdout.replaceAll('\n', ''), /\p{Cc}/u);
});

test.run();
