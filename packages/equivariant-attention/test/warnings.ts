/** What a body warns of. */
export function warningsOf<R>(body: () => R): { readonly result: R; readonly warnings: readonly string[] } {
  const { warn } = console;
  const warnings: string[] = [];
  console.warn = (message: unknown) => {
    warnings.push(String(message));
  };
  try {
    return { result: body(), warnings };
  } finally {
    console.warn = warn;
  }
}
