/** Bundles test files for a page, one after another, with what they use of Node replaced. */
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Tests and examples read files beside them: `import.meta.url` becomes the file's place on the server, `node:fs` a request. */
function places(root: string): Plugin {
  return {
    name: 'places',
    setup(builder) {
      builder.onResolve({ filter: /^node:fs$/ }, () => ({ path: here('node-fs.ts') }));
      builder.onLoad({ filter: /[\\/](test|examples[\\/]\w+[\\/]src)[\\/].*\.ts$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const url = JSON.stringify(`/${relative(root, path).replaceAll('\\', '/')}`);
        return { contents: text.replaceAll('import.meta.url', `new URL(${url}, location.href).href`), loader: 'ts' };
      });
    },
  };
}

/** JavaScript of a page that runs uvu test files. */
export function bundleTests(root: string, files: readonly string[]): Promise<string> {
  const imports = files.map((file) => `[${JSON.stringify(file)}, () => import(${JSON.stringify(join(root, file))})]`);
  const runner = JSON.stringify(here('page.ts'));
  return bundle(root, `import { runFiles } from ${runner};\nawait runFiles([${imports.join(',\n')}]);`);
}

/** JavaScript of a page that runs one module. */
export function bundlePage(root: string, file: string): Promise<string> {
  return bundle(root, `import ${JSON.stringify(join(root, file))};`);
}

async function bundle(root: string, contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: here('.'), loader: 'ts' },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['@saccade/source'],
    // Functions tell their names in errors.
    keepNames: true,
    write: false,
    sourcemap: 'inline',
    logLevel: 'warning',
    plugins: [places(root)],
  });
  return outputFiles[0]?.text ?? '';
}
