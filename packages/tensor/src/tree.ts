/** Trees of tensors: a tensor, or arrays, plain objects and maps of trees, as parameters are usually kept. */
import { isTensor, type Tensor } from './tensor.js';

/** A tensor, or arrays and plain objects that hold tensors at their leaves; other leaves are left alone. */
export type Tree = unknown;

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Calls `visit` for every tensor of a tree, in order. Maps, sets and class instances are looked through by their values too. */
export function forEachTensor(tree: Tree, visit: (t: Tensor) => void, seen?: Set<object>): void {
  if (isTensor(tree)) {
    visit(tree);
    return;
  }
  if (typeof tree !== 'object' || tree === null || ArrayBuffer.isView(tree) || seen?.has(tree)) return;
  const visited = (seen ?? new Set()).add(tree);
  const children: Iterable<unknown> = tree instanceof Map || tree instanceof Set ? tree.values() : Object.values(tree);
  for (const child of children) forEachTensor(child, visit, visited);
}

/** The tensors of a tree, in order. */
export function tensorsOf(tree: Tree): Tensor[] {
  const list: Tensor[] = [];
  forEachTensor(tree, (t) => list.push(t));
  return list;
}

/** A tree of the same structure with every tensor replaced; arrays, plain objects and maps are copied, other leaves kept. */
export function mapTree<T>(tree: T, replace: (t: Tensor) => Tensor): T {
  if (isTensor(tree)) return replace(tree) as T;
  if (tree instanceof Map) {
    return new Map([...(tree as Map<unknown, unknown>)].map(([key, child]) => [key, mapTree(child, replace)])) as T;
  }
  if (Array.isArray(tree)) return tree.map((child: unknown) => mapTree(child, replace)) as T;
  if (!isPlainObject(tree)) return tree;
  const copy: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(tree)) copy[key] = mapTree(child, replace);
  return copy as T;
}
