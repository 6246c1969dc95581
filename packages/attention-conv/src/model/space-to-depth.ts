/** Patches of an image become channels, which makes the image smaller. */
import { requireCount, reshape, ShapeError, scope, show, type Tensor, transpose } from '@saccade/tensor';

/**
 * [batch, ...spatial, channels] -> [batch, ...spatial / patch, patch^axes channels]; within a patch the order is that of the axes, channels last.
 * @throws {ShapeError} unless the patch divides all extents
 */
export function spaceToDepth(images: Tensor, patch: number): Tensor {
  requireCount('spaceToDepth', 'patch', patch);
  const extents = images?.shape?.slice(1, -1) ?? [];
  if (extents.length === 0 || extents.some((extent) => extent % patch !== 0)) {
    const got = images?.shape === undefined ? 'no tensor' : show(images.shape);
    throw new ShapeError(
      `spaceToDepth: images must be [batch, ...spatial, channels] with extents that ${patch} divides, got ${got}`,
    );
  }
  const [batch, channels] = [images.shape[0] as number, images.shape.at(-1) as number];
  const cut = extents.flatMap((extent) => [extent / patch, patch]);
  const outer = extents.map((_, i) => 2 * i + 1);
  const inner = extents.map((_, i) => 2 * i + 2);
  return scope(() => {
    const patches = transpose(reshape(images, [batch, ...cut, channels]), [0, ...outer, ...inner, cut.length + 1]);
    return reshape(patches, [batch, ...extents.map((e) => e / patch), channels * patch ** extents.length]);
  });
}
