/** Builds the page into one file, from the source of the packages. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const entry = fileURLToPath(new URL('../page.ts', import.meta.url));
const html = new URL('../index.html', import.meta.url);
const styles = new URL('../style.css', import.meta.url);

async function script(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['@saccade/source'],
    loader: { '.safetensors': 'binary' },
    // Functions tell their names in errors.
    keepNames: true,
    minify: true,
    // In the source, chain methods are a file that is imported for its effect alone.
    ignoreAnnotations: true,
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0]?.text ?? '';
}

/** The page with its styles, its script and the networks: HTML that needs no other file. */
export async function buildPage(): Promise<string> {
  const [page, css, code] = await Promise.all([readFile(html, 'utf8'), readFile(styles, 'utf8'), script()]);
  return page
    .replace(/<link rel="stylesheet"[^>]*>/, () => `<style>\n${css}</style>`)
    .replace(
      /<script type="module" src[^>]*>/,
      () => `<script type="module">${code.replaceAll('</script', '<\\/script')}`,
    );
}
