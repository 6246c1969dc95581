/** The configuration of a model as JSON that gives it back as it was. */
import { OptionError, quote } from '@saccade/tensor';

/** Whether JSON gives back a value of an object or list as it was, apart from what it holds. */
function isPlain(value: unknown, isInList: boolean): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === undefined) return !isInList;
  if (typeof value !== 'object' || value === null) return ['string', 'boolean', 'object'].includes(typeof value);
  return Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

/** Plain data as JSON; properties that are undefined are left out. @throws {OptionError} for no object, and for what JSON would lose or change */
export function configJson(op: string, config: object): string {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new OptionError(`${op}: config must be an object, got ${quote(config)}`);
  }
  try {
    return JSON.stringify(config, function (this: Record<string, unknown>, name: string, value: unknown) {
      if (isPlain(this[name], Array.isArray(this))) return value;
      throw new OptionError(`${op}: JSON cannot hold '${name}' of config, got ${quote(this[name])}`);
    });
  } catch (cause) {
    if (cause instanceof OptionError) throw cause;
    throw new OptionError(`${op}: JSON cannot hold config (${(cause as Error).message})`);
  }
}
