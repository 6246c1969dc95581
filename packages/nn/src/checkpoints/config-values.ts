/** Values of a model's configuration, which comes from a file that anybody may have written. */
import { FormatError, quote } from '@saccade/tensor';

/** A parsed config.json, or a part of one. */
export type ModelConfig = Readonly<Record<string, unknown>>;

/** The object. @throws {FormatError} unless it is one */
export function requireConfig(op: string, what: string, value: unknown): ModelConfig {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as ModelConfig;
  throw new FormatError(`${op}: ${what} must be an object, got ${quote(value)}`);
}

/** The first of several names that the configuration has; null stands for nothing, as in Python's None. */
export function configValue(
  config: ModelConfig,
  names: readonly string[],
): { readonly name: string; readonly value: unknown } | undefined {
  const name = names.find((one) => Object.hasOwn(config, one) && config[one] !== null && config[one] !== undefined);
  return name === undefined ? undefined : { name, value: config[name] };
}

/** A whole number from `least`, by default 1, and the name it has. @throws {FormatError} for one out of range */
export function configCount(
  op: string,
  config: ModelConfig,
  names: readonly string[],
  most: number,
  least = 1,
): { readonly name: string; readonly value: number } | undefined {
  const found = configValue(config, names);
  if (found === undefined) return undefined;
  const { name, value } = found;
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) {
    return { name, value: value as number };
  }
  throw new FormatError(
    `${op}: ${name} in the configuration must be a whole number in [${least}, ${most}], got ${quote(value)}`,
  );
}

/** A number in (0, most]. @throws {FormatError} for one out of range */
export function configNumber(
  op: string,
  config: ModelConfig,
  names: readonly string[],
  most: number,
): number | undefined {
  const found = configValue(config, names);
  if (found === undefined) return undefined;
  const { name, value } = found;
  if (typeof value === 'number' && value > 0 && value <= most) return value;
  throw new FormatError(`${op}: ${name} in the configuration must be a number in (0, ${most}], got ${quote(value)}`);
}

/** True or false. @throws {FormatError} for anything else */
export function configFlag(op: string, config: ModelConfig, name: string, absent: boolean): boolean {
  const value = configValue(config, [name])?.value ?? absent;
  if (typeof value === 'boolean') return value;
  throw new FormatError(`${op}: ${name} in the configuration must be true or false, got ${quote(value)}`);
}

/** A word. @throws {FormatError} for anything else */
export function configWord(op: string, config: ModelConfig, names: readonly string[]): string | undefined {
  const found = configValue(config, names);
  if (found === undefined || typeof found.value === 'string') return found?.value as string | undefined;
  throw new FormatError(`${op}: ${found.name} in the configuration must be a string, got ${quote(found.value)}`);
}
