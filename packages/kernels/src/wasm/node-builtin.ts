/** Node's own modules, reached so that bundlers for browsers find nothing to resolve. */

/** The module, in Node, Bun and Deno; undefined elsewhere. */
export function nodeBuiltin<M>(name: `node:${string}`): M | undefined {
  const host = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return host.process?.getBuiltinModule?.(name) as M | undefined;
}
