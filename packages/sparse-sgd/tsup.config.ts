import config from '@saccade/config/tsup';

// The command and the transport over NATS are entries of their own; what they share with the library is in chunks.
export default {
  ...config,
  entry: ['src/index.ts', 'src/nats.ts', 'src/cli.ts'],
  splitting: true,
  external: [/^node:/, /^@nats-io\//],
};
