/** Functions that kernel sources may call, written in JavaScript. */

/** One of them; gpu.js puts into a shader only those that are called. Arguments and result are float32. */
export interface HelperFunction {
  readonly source: string;
  readonly name: string;
  readonly argumentNames: readonly string[];
}

/** From the text `function name(a, b) { ... }`. It sees nothing but its arguments, and must not assign to them. */
export function helper(source: string): HelperFunction {
  const [, name, list] = /^function (\w+)\(([^)]*)\)/.exec(source) as unknown as [string, string, string];
  return { source, name, argumentNames: list.split(', ') };
}
