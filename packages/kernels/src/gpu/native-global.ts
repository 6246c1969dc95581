/** Keeps the browser's own `GPU`, which gpu.js replaces when it is loaded. Must be imported before it. */
const before = Object.getOwnPropertyDescriptor(globalThis, 'GPU');

/** Puts it back. */
export function restoreGlobal(): void {
  if (before) Object.defineProperty(globalThis, 'GPU', before);
  else Reflect.deleteProperty(globalThis, 'GPU');
}
