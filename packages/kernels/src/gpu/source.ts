/** Kernel sources: helper functions that all may call, and the text that gpu.js gets. */
import type { Program } from './backend.js';
import type { Gpu } from './gpu-js.js';
import { mathFunctions } from './math.js';

/** A function that kernels may call; gpu.js puts into a shader only those that are called. */
export interface HelperFunction {
  readonly source: string;
  readonly argumentTypes: readonly ('Number' | 'Integer')[];
  readonly returnType: 'Number' | 'Integer';
}

/**
 * Whole numbers up to 2^31. Local variables of gpu.js are float32, exact up to 2^24 only; arguments of helper functions
 * and expressions made of whole numbers stay whole. Hence `int(v)`, and a division in three steps.
 */
const integerFunctions: HelperFunction[] = [
  { source: 'function int(v) { return v; }', argumentTypes: ['Number'], returnType: 'Integer' },
  {
    // The float quotient is off by one at most.
    source: 'function fixedQuotient(a, b, q) { if (a - q * b < 0) { return q - 1; } if (a - q * b >= b) { return q + 1; } return q; }',
    argumentTypes: ['Integer', 'Integer', 'Integer'],
    returnType: 'Integer',
  },
  {
    source: 'function quotient(a, b) { return fixedQuotient(a, b, int(Math.floor(a / b))); }',
    argumentTypes: ['Integer', 'Integer'],
    returnType: 'Integer',
  },
  {
    source: 'function remainder(a, b) { return a - quotient(a, b) * b; }',
    argumentTypes: ['Integer', 'Integer'],
    returnType: 'Integer',
  },
];

/** Makes the helper functions known to an instance of gpu.js. */
export function addHelpers(gpu: Gpu): void {
  for (const { source, argumentTypes, returnType } of [...integerFunctions, ...mathFunctions]) {
    const name = /^function (\w+)/.exec(source)?.[1] as string;
    gpu.addFunction(source, { name, argumentTypes, returnType });
  }
}

/**
 * The function that gpu.js translates.
 * @param places what stands for `#x`, `#y` and `#z`
 * @param sizeOf what stands for a size
 */
export function sourceOf(
  program: Program,
  names: readonly string[],
  places: readonly string[],
  sizeOf: (name: string) => string,
): string {
  let { body } = program;
  for (const name of Object.keys(program.sizes)) body = body.replace(new RegExp(`\\b${name}\\b`, 'g'), sizeOf(name));
  body = body.replace(/#([xyz])/g, (_, axis: string) => places['xyz'.indexOf(axis)] as string);
  return `function (${names.join(', ')}) { ${body} }`;
}
