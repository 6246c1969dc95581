#!/usr/bin/env node
/** The command `collab-attention`: makes trained transformers smaller, and says what that changes. */
import { runCommand } from '@saccade/command';
import manifest from '../package.json' with { type: 'json' };

const program = {
  name: 'collab-attention',
  version: manifest.version,
  help: `Attention heads that share keys and queries, for trained transformers.

  collab-attention inspect MODEL               its attention layers, and whether they can be shared
  collab-attention compress MODEL -o FILE      the model with shared keys and queries
  collab-attention verify MODEL COMPRESSED     how far both are apart, layer by layer
  collab-attention energy MODEL                how redundant the heads are, as table and picture
`,
  commands: {
    inspect: async () => (await import('./cli/inspect.js')).inspect,
    compress: async () => (await import('./cli/compress.js')).compress,
    verify: async () => (await import('./cli/verify.js')).verify,
    energy: async () => (await import('./cli/energy.js')).energyOf,
  },
};

// Ends the process itself: threads that wait for work would keep it alive.
runCommand(program, process.argv.slice(2)).then((code) => process.exit(code));
