/** Kernel sources: helper functions that all may call, and the text that gpu.js gets. */
import type { Program } from './backend.js';
import type { Gpu } from './gpu-js.js';
import { mathFunctions } from './math.js';
import {
  nativeFunctions as basics,
  glslHead,
  nativeHead,
  nativeSource,
  type ShaderLanguage,
  type ShaderType,
} from './native.js';
import { philoxFunctions } from './philox.js';

const nativeFunctions = [...basics, ...philoxFunctions];

/** Makes the helper functions known to an instance of gpu.js. */
export function addHelpers(gpu: Gpu, language: ShaderLanguage): void {
  for (const { source, name, argumentNames } of mathFunctions) {
    gpu.addFunction(source, { name, argumentTypes: argumentNames.map(() => 'Number'), returnType: 'Number' });
  }
  for (const native of nativeFunctions) {
    const source = nativeSource(native, language);
    gpu.addNativeFunction(native.name, source, { argumentTypes: native.arguments, returnType: native.returns });
  }
  if (language === 'wgsl') return;
  // gpu.js may define a function after those that call it, which GLSL takes only where it was declared.
  const heads = [
    ...mathFunctions.map(({ name, argumentNames }) => glslHead(name, argumentNames.map(asNumber), 'Number')),
    ...nativeFunctions.filter(({ name }) => name !== 'int').map(nativeHead),
  ];
  gpu.injectNative(heads.map((head) => `${head};`).join('\n'));
}

const asNumber = (argument: string): [string, ShaderType] => [argument, 'Number'];

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
