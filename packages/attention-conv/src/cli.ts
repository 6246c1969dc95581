#!/usr/bin/env node
/** The command `attention-conv`: converts convolutions to attention, and reads attention as convolutions. */
import { runCommand } from '@saccade/command';
import manifest from '../package.json' with { type: 'json' };

const program = {
  name: 'attention-conv',
  version: manifest.version,
  help: `Convolutions as attention, and attention as convolutions.

  attention-conv convert CNN --spec LAYERS -o FILE   a network, or one convolution, as attention
  attention-conv read FILE                           what each head does, as a kernel
  attention-conv certify FILE --against CNN          measures how far attention is from the network
  attention-conv plot FILE -o PICTURE                where each head looks, as SVG
`,
  commands: {
    convert: async () => (await import('./cli/convert.js')).convert,
    read: async () => (await import('./cli/read.js')).read,
    certify: async () => (await import('./cli/certify.js')).certify,
    plot: async () => (await import('./cli/plot.js')).plot,
  },
};

// Ends the process itself: threads that wait for work would keep it alive.
runCommand(program, process.argv.slice(2)).then((code) => process.exit(code));
