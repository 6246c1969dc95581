#!/usr/bin/env node
/** The command `equivariant-attention`: trains networks that respect turns and mirrors, and proves whether a network does. */
import { runCommand } from '@saccade/command';
import manifest from '../package.json' with { type: 'json' };

const program = {
  name: 'equivariant-attention',
  version: manifest.version,
  help: `Attention that respects rotations and mirrors exactly, with a proof.

  equivariant-attention train               a classifier of images, from MNIST files or digits that come along
  equivariant-attention certify MODEL       whether it gives the same for turned images: proof and measurement
  equivariant-attention evaluate MODEL      how many images it reads right, and how many of the same ones turned
`,
  commands: {
    train: async () => (await import('./cli/train.js')).train,
    certify: async () => (await import('./cli/certify.js')).certify,
    evaluate: async () => (await import('./cli/evaluate.js')).evaluate,
  },
};

// Ends the process itself: threads that wait for work would keep it alive.
runCommand(program, process.argv.slice(2)).then((code) => process.exit(code));
