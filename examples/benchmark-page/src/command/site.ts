/** Builds, by Vite, from the source of the packages: the page, and the program for Node. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, defaultClientConditions, defaultServerConditions, type InlineConfig, type Plugin } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where the peers are installed. */
export const peersFolder: string = join(root, 'peers');

/** Where WebGPU for Node is installed. */
export const dawnFolder: string = join(root, 'dawn');

/** Lets a peer that is not installed fail when it is started, not when the page is built. */
function missingPeers(wanted: boolean): Plugin {
  const mark = '\0missing:';
  const { dependencies } = JSON.parse(readFileSync(join(peersFolder, 'package.json'), 'utf8'));
  const isMissing = (name: string): boolean => !wanted || !existsSync(join(peersFolder, 'node_modules', name));
  return {
    name: 'missing-peers',
    enforce: 'pre',
    resolveId(source) {
      const name = Object.keys(dependencies).find((name) => source === name || source.startsWith(`${name}/`));
      return name !== undefined && isMissing(name) ? mark + name : undefined;
    },
    load(id) {
      if (!id.startsWith(mark)) return undefined;
      return `throw new Error(${JSON.stringify(`${id.slice(mark.length)} is not installed`)});`;
    },
  };
}

function config(outDir: string, peers: boolean): InlineConfig {
  return {
    root,
    configFile: false,
    logLevel: 'error',
    // Shaking would drop the chain methods: in the source they are a file that is imported for its effect alone.
    build: { outDir, emptyOutDir: true, target: 'es2022', rolldownOptions: { treeshake: false } },
    plugins: [missingPeers(peers)],
  };
}

/** A folder that goes when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'saccade-benchmark-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Gives the folder of the built page. @param peers false leaves the peers out */
export async function buildSite({ peers = true }: { peers?: boolean } = {}): Promise<string> {
  const folder = temporaryFolder();
  const resolve = { conditions: ['@saccade/source', ...defaultClientConditions] };
  await build({ ...config(folder, peers), resolve });
  return folder;
}

/** Writes `run.mjs` into the folder. */
export async function buildNodeProgram(folder: string): Promise<void> {
  const { build: settings, ...rest } = config(folder, true);
  const input = { run: join(root, 'src/command/node-run.ts') };
  await build({
    ...rest,
    ssr: { noExternal: true, resolve: { conditions: ['@saccade/source', ...defaultServerConditions] } },
    build: {
      ...settings,
      ssr: true,
      rolldownOptions: {
        treeshake: false,
        input,
        output: { entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' },
      },
    },
  });
}
