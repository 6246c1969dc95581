// Checks the size budgets: what a user's minified bundle of a few imports weighs after gzip.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

// In kilobytes of 1024 bytes. `matmul` alone would leave out the kernels, which come with the first tensor and make up
// most of what follows. So narrow that a layer cannot bring the training loop along, nor the loop the readers.
const budgets = [
  { code: `export { matmul, tensor } from '@saccade/tensor'`, limit: 60 },
  { code: `export { Linear, Sequential, ReLU, Adam, crossEntropy } from '@saccade/nn'`, limit: 69 },
  { code: `export { fit, batches, MLP, Adam, crossEntropy } from '@saccade/nn'`, limit: 83 },
  { code: `export { TransformerEncoder, Embedding, Linear, AdamW, crossEntropy } from '@saccade/nn'`, limit: 74 },
  { code: `export { readIdx } from '@saccade/nn'`, limit: 22 },
  { code: `export { topK } from '@saccade/topk'`, limit: 88 },
  { code: `export { PatchSelector, extractPatches } from '@saccade/topk'`, limit: 110 },
  { code: `export { selectFromTiles, tilesFromBlob, loadSelector, drawOverlay } from '@saccade/topk'`, limit: 128 },
  { code: `export { topK, encode, decode } from '@saccade/sparse-sgd'`, limit: 76 },
  { code: `export { memSGD } from '@saccade/sparse-sgd'`, limit: 94 },
  { code: `export { DistributedOptimizer, createThreadTransport } from '@saccade/sparse-sgd'`, limit: 103 },
  { code: `export { convToAttention } from '@saccade/attention-conv'`, limit: 86 },
  { code: `export { QuadraticAttention } from '@saccade/attention-conv'`, limit: 78 },
  { code: `export { AttentionImageModel } from '@saccade/attention-conv'`, limit: 85 },
  { code: `export { convertNetwork, loadAttention } from '@saccade/attention-conv'`, limit: 109 },
  { code: `export { drawHeads, drawContours, drawAttention } from '@saccade/attention-conv'`, limit: 93 },
  { code: `export { CollaborativeAttention } from '@saccade/collab-attention'`, limit: 97 },
  { code: `export { decompose, energy } from '@saccade/collab-attention'`, limit: 82 },
  { code: `export { convertToBlob } from '@saccade/collab-attention'`, limit: 108 },
  { code: `export { compressOnnx } from '@saccade/collab-attention'`, limit: 112 },
  { code: `export { residualCurve, openTransformer } from '@saccade/rank-collapse'`, limit: 94 },
  { code: `export { pathContributions, modelOf } from '@saccade/rank-collapse'`, limit: 82 },
  { code: `export { rankMonitor } from '@saccade/rank-collapse'`, limit: 74 },
  { code: `export { GroupAttentionNet } from '@saccade/equivariant-attention'`, limit: 101 },
  { code: `export { certify } from '@saccade/equivariant-attention'`, limit: 80 },
  { code: `export { attentionSvg, certificateSvg } from '@saccade/equivariant-attention'`, limit: 73 },
];

for (const { code, limit } of budgets) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: '.' },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    logLevel: 'warning',
    // Entries that share chunks import all of them, needed or not; bundlers leave out the rest, as they should.
    logOverride: { 'ignored-bare-import': 'silent' },
  });
  const bytes = outputFiles[0].contents;
  const size = gzipSync(bytes, { level: 9 }).length / 1024;
  console.log(`${code}: ${size.toFixed(1)} KB of ${limit} KB (${(bytes.length / 1024).toFixed(1)} KB before gzip)`);
  if (size > limit) process.exitCode = 1;
}
