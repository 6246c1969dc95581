/** A command was called in a way that it does not know. */
export class UsageError extends Error {}

/** Whether an error is about what a person asked for: an `OptionError` of a library, whose code is `option`, is too. */
export function isUsage(error: unknown): boolean {
  return error instanceof UsageError || (error as { readonly code?: unknown } | null)?.code === 'option';
}
