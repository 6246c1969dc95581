/** The bundlers that people use, with default settings: each makes a site from a page's folder and resolves to its place. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import * as vite from 'vite';

export const bundlers: Record<string, (page: string) => Promise<string>> = {
  async vite(page) {
    await vite.build({ root: page, configFile: false, logLevel: 'warn' });
    return join(page, 'dist');
  },
  async esbuild(page) {
    const outdir = join(page, 'esbuild');
    const entryPoints = [join(page, 'main.js')];
    const { warnings } = await esbuild.build({ entryPoints, bundle: true, outdir, logLevel: 'warning' });
    if (warnings.length > 0) throw new Error(`esbuild warns: ${warnings.map(({ text }) => text).join('; ')}`);
    copyFileSync(join(page, 'index.html'), join(outdir, 'index.html'));
    return outdir;
  },
};
