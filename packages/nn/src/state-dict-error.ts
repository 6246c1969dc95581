/** The error of tensors that do not fit a module, with the names. */
import { SaccadeError } from '@saccade/tensor';

/** Why a state dict does not fit a module. */
export class StateDictError extends SaccadeError {
  /** Names that the module has and the state dict has not. */
  readonly missing: readonly string[];
  /** Names that the state dict has and the module has not. */
  readonly unexpected: readonly string[];
  /** Names whose shapes or element types differ, and how. */
  readonly mismatched: readonly string[];

  constructor(what: string, missing: readonly string[], unexpected: readonly string[], mismatched: readonly string[]) {
    const list = (title: string, names: readonly string[]): string[] => {
      const shown = names.slice(0, 20).map((name) => `\n    ${name}`);
      const more = names.length > shown.length ? [`\n    … and ${names.length - shown.length} more`] : [];
      return names.length === 0 ? [] : [`\n  ${title} (${names.length}):`, ...shown, ...more];
    };
    const parts = [
      ...list('missing', missing),
      ...list('unexpected', unexpected),
      ...list('of another shape or type', mismatched),
    ];
    super('state-dict', `${what}: the given tensors do not fit${parts.join('')}`);
    this.missing = missing;
    this.unexpected = unexpected;
    this.mismatched = mismatched;
  }
}
