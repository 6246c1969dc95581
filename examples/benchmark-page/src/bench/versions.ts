/** Versions of the libraries. */
import manifest from '../../peers/package.json' with { type: 'json' };

/** Those that peers/package.json asks for, which are exact. */
export const versions: Readonly<Record<string, string>> = manifest.dependencies;
