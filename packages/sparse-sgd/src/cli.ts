#!/usr/bin/env node
/** The command `sparse-sgd`: trains on one machine or many, times compressors, looks into files. */
import { runCommand } from '@saccade/command';
import manifest from '../package.json' with { type: 'json' };

const program = {
  name: 'sparse-sgd',
  version: manifest.version,
  help: `Trains one model on several machines, threads or tabs by sending a sliver of each gradient.

  sparse-sgd train --data FILE [options]    a linear model by Mem-SGD, on this machine
  sparse-sgd train --digits [options]       a network that reads digits, alone or with other workers
  sparse-sgd join ADDRESS --job NAME        takes part in a job as one more worker
  sparse-sgd hub --listen HOST:PORT         a hub where workers meet
  sparse-sgd bench [options]                times compressors for your sizes
  sparse-sgd inspect FILE                   what a check point, a file of weights or a message holds
`,
  commands: {
    train: async () => (await import('./cli/train.js')).train,
    join: async () => (await import('./cli/join.js')).join,
    hub: async () => (await import('./cli/hub.js')).hub,
    bench: async () => (await import('./cli/bench.js')).bench,
    inspect: async () => (await import('./cli/inspect.js')).inspect,
  },
};

// Ends the process itself: threads and connections that wait for work would keep it alive.
runCommand(program, process.argv.slice(2)).then((code) => process.exit(code));
