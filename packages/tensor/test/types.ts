/** What the compiler knows of shapes: checked by tsc alone, never run. */
import { add, expandDims, matmul, relu, reshape, type Tensor, tensor, zeros } from '../src/index.js';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const yes = <T extends true>(): T | undefined => undefined;

export function shapes(): void {
  const a = zeros([2, 3]);
  const b = zeros([3, 4]);
  const unknown: Tensor = add(a, 1);

  // The shape of a product follows from those of its sides.
  const product = matmul(a, b);
  yes<Equal<typeof product, Tensor<readonly [2, 4]>>>();

  // @ts-expect-error inner sizes 3 and 2 differ
  matmul(a, a);
  // @ts-expect-error inner sizes 4 and 2 differ
  matmul(product, zeros([2, 2]));

  // What is not known is not checked.
  matmul(unknown, a);
  matmul(a, unknown);
  matmul(a, a, { transposeB: true });
  const batch = zeros([5, 2, 3]);
  matmul(batch, b);

  // Reshaping gives the shape that was asked for.
  const wide = reshape(unknown, [6, 1]);
  yes<Equal<typeof wide, Tensor<readonly [6, 1]>>>();
  const again = unknown.reshape([1, 2, 3]);
  yes<Equal<typeof again, Tensor<readonly [1, 2, 3]>>>();
  // An extent of -1 is some number, which fits any other.
  const open = reshape(unknown, [2, -1]);
  yes<Equal<typeof open, Tensor<readonly [2, number]>>>();
  matmul(open, b);
  matmul(a.reshape([-1, 3]), b);
  // @ts-expect-error inner sizes 1 and 3 differ
  matmul(wide, b);

  // Functions of each element keep it.
  const activated = relu(a).exp().neg();
  yes<Equal<typeof activated, Tensor<readonly [2, 3]>>>();
  const given = tensor([1, 2, 3, 4], { shape: [2, 2] });
  yes<Equal<typeof given, Tensor<readonly [2, 2]>>>();

  // A known shape serves where any will do.
  const any: Tensor = a;
  const list: Tensor[] = [a, b, expandDims(any, 0)];
  list.push(product);

  // @ts-expect-error shapes are numbers
  zeros(['2']);
  // @ts-expect-error there is no such type
  zeros([2], { dtype: 'float16' });
  // @ts-expect-error tensors do not change
  a.shape = [3, 2];
}
