/** The bundlers that people use: each makes a site from a page's folder and resolves to its place. */
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import * as vite from 'vite';

type Bundlers = Record<string, (page: string) => Promise<string>>;

async function bundleByVite(page: string): Promise<string> {
  const build = { chunkSizeWarningLimit: 2000 };
  await vite.build({ root: page, configFile: false, logLevel: 'warn', build });
  return join(page, 'dist');
}

/** esbuild with options, into a folder of its own. */
function esbuildWith(folder: string, options: esbuild.BuildOptions): (page: string) => Promise<string> {
  return async (page) => {
    const outdir = join(page, folder);
    // esbuild does not follow `new Worker(new URL('./worker.js', import.meta.url))`: who has a worker names it.
    const entryPoints = ['main.js', 'worker.js'].map((name) => join(page, name)).filter((path) => existsSync(path));
    const { warnings } = await esbuild.build({ entryPoints, bundle: true, outdir, logLevel: 'warning', ...options });
    if (warnings.length > 0) throw new Error(`esbuild warns: ${warnings.map(({ text }) => text).join('; ')}`);
    copyFileSync(join(page, 'index.html'), join(outdir, 'index.html'));
    return outdir;
  };
}

/** With default settings. */
export const bundlers: Bundlers = { vite: bundleByVite, esbuild: esbuildWith('esbuild', {}) };

/** With short names, and all in one file where the bundler does not split. Vite does both by default. */
export const minifiers: Bundlers = {
  vite: bundleByVite,
  'esbuild, minified': esbuildWith('esbuild-minified', { minify: true }),
};

/** With chunks that are loaded when the program asks for them. Vite does so by default. */
export const splitters: Bundlers = {
  vite: bundleByVite,
  'esbuild, split': esbuildWith('esbuild-split', { splitting: true, format: 'esm', minify: true }),
};
