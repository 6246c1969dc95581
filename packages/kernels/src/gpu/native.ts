/**
 * What the JavaScript of gpu.js cannot say: whole-number division, the bits of a number, 32-bit words. Written once, in GLSL
 * as far as WGSL says it alike, which is but for the words that `toWgsl` puts in.
 */

/** Types of gpu.js: float32, 32-bit whole number, truth value, vectors of float32. */
export type ShaderType = 'Number' | 'Integer' | 'Boolean' | 'Array(2)' | 'Array(4)';

export type ShaderLanguage = 'wgsl' | 'glsl';

/** A function written in the shading language itself. It must not call others of its kind. */
export interface NativeFunction {
  readonly name: string;
  readonly arguments: Readonly<Record<string, ShaderType>>;
  readonly returns: ShaderType;
  /** Statements. Declarations are `uint x = ...;`, arrays `uint x[9] = uint[9](...);`. */
  readonly body: string;
}

const numberToNumber = (name: string, body: string): NativeFunction => ({
  name,
  arguments: { x: 'Number' },
  returns: 'Number',
  body,
});

/**
 * How many names `remainder` has, for remainders of remainders: for GLSL gpu.js takes a function's call within another of
 * the same name out of it, into a float32 variable.
 */
export const REMAINDERS = 8;

/**
 * Local variables of gpu.js are float32, exact up to 2^24 only; arguments of functions and expressions made of whole
 * numbers stay whole, and `int` makes a whole number of what indexes hold.
 */
const wholeNumbers: NativeFunction[] = [
  { name: 'int', arguments: { x: 'Number' }, returns: 'Integer', body: 'return int(x);' },
  { name: 'quotient', arguments: { a: 'Integer', b: 'Integer' }, returns: 'Integer', body: 'return a / b;' },
  ...['', ...Array(REMAINDERS).keys()].map(
    (level): NativeFunction => ({
      name: `remainder${level}`,
      arguments: { a: 'Integer', b: 'Integer' },
      returns: 'Integer',
      body: 'return a - a / b * b;',
    }),
  ),
];

/** Compilers may take it that there is no NaN and no infinity, and treat `x !== x` as false: only the bits tell. */
const bits: NativeFunction[] = [
  { name: 'bitsOf', arguments: { x: 'Number' }, returns: 'Integer', body: 'return floatBitsToInt(x);' },
  { name: 'fromBits', arguments: { word: 'Integer' }, returns: 'Number', body: 'return intBitsToFloat(word);' },
  {
    name: 'isNan',
    arguments: { x: 'Number' },
    returns: 'Boolean',
    body: 'return (floatBitsToInt(x) & 0x7fffffff) > 0x7f800000;',
  },
  {
    name: 'isFinite',
    arguments: { x: 'Number' },
    returns: 'Boolean',
    body: 'return (floatBitsToInt(x) & 0x7fffffff) < 0x7f800000;',
  },
  // a < b as sorting has it: 0 and -0 alike, NaN last, no denormal taken for 0.
  {
    name: 'comesBefore',
    arguments: { a: 'Number', b: 'Number' },
    returns: 'Boolean',
    body: `
      int p = floatBitsToInt(a) & 0x7fffffff;
      if (p > 0x7f800000) { p = 0x7fffffff; } else if (floatBitsToInt(a) < 0) { p = -p; }
      int q = floatBitsToInt(b) & 0x7fffffff;
      if (q > 0x7f800000) { q = 0x7fffffff; } else if (floatBitsToInt(b) < 0) { q = -q; }
      return p < q;`,
  },
  // |x| = mantissa 2^exponent with a mantissa in [1, 2), for normal x.
  numberToNumber('exponentOf', 'return float(((floatBitsToInt(x) >> 23u) & 255) - 127);'),
  numberToNumber('mantissaOf', 'return intBitsToFloat((floatBitsToInt(x) & 0x7fffff) | 0x3f800000);'),
  // The first 12 bits of the mantissa: products of two such numbers are exact.
  numberToNumber('leadingPart', 'return intBitsToFloat(floatBitsToInt(x) & -4096);'),
];

/** Statements of unsigned words that give `name` the high word of a times b, by way of 16-bit halves; `b` is a plain name. */
export function highWord(name: string, a: string, b: string): string {
  return `
    uint ${name}Middle = (${a} >> 16u) * (${b} & 0xffffu) + (((${a} & 0xffffu) * (${b} & 0xffffu)) >> 16u);
    uint ${name} = (${a} >> 16u) * (${b} >> 16u) + (${name}Middle >> 16u)
      + (((${a} & 0xffffu) * (${b} >> 16u) + (${name}Middle & 0xffffu)) >> 16u);`;
}

/**
 * x = (q + f) pi / 2 for |x| >= 1/2: f pi / 2, which lies within pi / 4 of 0, and q modulo 4. The mantissa times as many
 * bits of 2 / pi as its exponent asks for, in whole numbers and hence exact.
 */
const quarterTurns: NativeFunction = {
  name: 'quarterTurns',
  arguments: { x: 'Number' },
  returns: 'Array(2)',
  body: `
    uint table[9] = uint[9](0u, 0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu);
    uint m = (floatBitsToUint(x) & 0x7fffffu) | 0x800000u;
    uint at = ((floatBitsToUint(x) >> 23u) & 255u) - 88u;
    uint word = at >> 5u;
    uint left = at & 31u;
    uint right = 31u - left;
    uint w0 = (table[word] << left) | ((table[word + 1u] >> 1u) >> right);
    uint w1 = (table[word + 1u] << left) | ((table[word + 2u] >> 1u) >> right);
    uint w2 = (table[word + 2u] << left) | ((table[word + 3u] >> 1u) >> right);
    ${highWord('high1', 'm', 'w1')}
    ${highWord('high2', 'm', 'w2')}
    uint low = m * w1 + high2;
    uint high = m * w0 + high1;
    if (low < high2) { high = high + 1u; }
    uint quarter = (high + 0x20000000u) >> 30u;
    uint rest = high - (quarter << 30u);
    float angle = (float(int(rest)) + float(low) * 2.3283064e-10) * 1.4629181e-9;
    if (x < 0.0) { return vec2(-angle, float((4u - quarter) & 3u)); }
    return vec2(angle, float(quarter & 3u));`,
};

export const nativeFunctions: readonly NativeFunction[] = [...wholeNumbers, ...bits, quarterTurns];

const glslTypes: Readonly<Record<ShaderType, string>> = {
  Number: 'float',
  Integer: 'int',
  Boolean: 'bool',
  'Array(2)': 'vec2',
  'Array(4)': 'vec4',
};

const wgslTypes: Readonly<Record<string, string>> = {
  float: 'f32',
  int: 'i32',
  uint: 'u32',
  bool: 'bool',
  vec2: 'vec2<f32>',
  vec4: 'vec4<f32>',
  floatBitsToInt: 'bitcast<i32>',
  floatBitsToUint: 'bitcast<u32>',
  intBitsToFloat: 'bitcast<f32>',
};

/** Statements of the little of GLSL that is used here. */
function toWgsl(glsl: string): string {
  return glsl
    .replace(/\buint (\w+)\[(\d+)\] = uint\[\d+\]/g, 'var $1 = array<u32, $2>')
    .replace(
      /\b(float|int|uint|vec2|vec4) (\w+) =/g,
      (_, type: string, name: string) => `var ${name} : ${wgslTypes[type]} =`,
    )
    .replace(/\b(\w+)(?=\()/g, (word) => wgslTypes[word] ?? word);
}

/** `float f(float a, int b)`, to be followed by a body or a semicolon. */
export function glslHead(name: string, args: readonly (readonly [string, ShaderType])[], returns: ShaderType): string {
  return `${glslTypes[returns]} ${name}(${args.map(([arg, type]) => `${glslTypes[type]} ${arg}`).join(', ')})`;
}

/** The declaration of a native function in GLSL, without its semicolon. */
export function nativeHead({ name, arguments: list, returns }: NativeFunction): string {
  return glslHead(name, Object.entries(list), returns);
}

/** The function's text. gpu.js writes `fn_` before the names of functions in WGSL. */
export function nativeSource(native: NativeFunction, language: ShaderLanguage): string {
  const { name, returns, body } = native;
  // The language's own word.
  if (language === 'glsl') return name === 'int' ? '' : `${nativeHead(native)} { ${body} }`;
  const wgslType = (type: ShaderType): string => wgslTypes[glslTypes[type]] as string;
  const heads = Object.entries(native.arguments).map(([arg, type]) => `${arg} : ${wgslType(type)}`);
  return `fn fn_${name}(${heads.join(', ')}) -> ${wgslType(returns)} { ${toWgsl(body)} }`;
}
