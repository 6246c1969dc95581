#!/usr/bin/env node
/** The command `rank-collapse`: how uniform a transformer's tokens become, through which paths it works, and what is proven of both. */
import { runCommand } from '@saccade/command';
import manifest from '../package.json' with { type: 'json' };

const program = {
  name: 'rank-collapse',
  version: manifest.version,
  help: `How attention loses rank with depth, and through which paths a transformer works.

  rank-collapse curve MODEL     how far tokens are from one, layer by layer
  rank-collapse paths MODEL     what paths of each length, source, head and layer contribute, exactly
  rank-collapse certify MODEL   how much each layer's attention can leave of what tells tokens apart
`,
  commands: {
    curve: async () => (await import('./cli/curve.js')).curve,
    paths: async () => (await import('./cli/paths.js')).paths,
    certify: async () => (await import('./cli/certify.js')).certify,
  },
};

// Ends the process itself: threads that wait for work would keep it alive.
runCommand(program, process.argv.slice(2)).then((code) => process.exit(code));
