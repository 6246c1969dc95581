#!/usr/bin/env node
/** The command `topk`: trains selectors, asks them about images, times the operator. */
import { runCommand } from '@saccade/command';
import manifest from '../package.json' with { type: 'json' };

const program = {
  name: 'topk',
  version: manifest.version,
  help: `Networks that look only at the patches of an image that matter.

  topk train --data DIR [options]           trains a selector on labelled images
  topk predict IMAGE... --model FILE        classes of images, and where it looked
  topk bench [options]                      times the top-k operator for your sizes
`,
  commands: {
    train: async () => (await import('./cli/train.js')).train,
    predict: async () => (await import('./cli/predict.js')).predict,
    bench: async () => (await import('./cli/bench.js')).bench,
  },
};

// Ends the process itself: threads that wait for work would keep it alive.
runCommand(program, process.argv.slice(2)).then((code) => process.exit(code));
