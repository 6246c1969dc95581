// The one tsup configuration of all packages: JavaScript only, ESM and CommonJS; tsc writes the declarations.
export default {
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'es2022',
  platform: 'neutral',
  dts: false,
  sourcemap: true,
  clean: true,
  treeshake: true,
  removeNodeProtocol: false,
};
