import config from '@saccade/config/tsup';

// The command is an entry of its own, which alone may import Node's modules; what it shares with the library is in chunks.
export default { ...config, entry: ['src/index.ts', 'src/cli.ts'], splitting: true, external: [/^node:/] };
