import config from '@saccade/config/tsup';

// The GPU is an entry of its own, which `init` loads when it is asked for; what both share is in chunks.
export default { ...config, entry: ['src/index.ts', 'src/gpu.ts'], splitting: true };
