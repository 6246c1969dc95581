/** Attention that respects rotations and mirrors. */
export type { AttentionPlan } from './attention/plan.js';
export type { Action } from './certify/actions.js';
export type { Certificate, ElementReport, LayerReport, Measurement, Verdict } from './certify/certificate.js';
export { certificateText } from './certify/certificate-text.js';
export { certify } from './certify/certify.js';
export type { CertifyOptions } from './certify/certify-options.js';
export { proveChain } from './certify/chain.js';
export type { Form, Proof, ProofStep, Provable } from './certify/proof.js';
export type { LayerState, Observable, Runnable } from './certify/run-model.js';
export { equivarianceLost, type StaticProof, staticProof } from './certify/static-proof.js';
export { UnprovedError } from './certify/unproved-error.js';
export { type AugmentOptions, augment } from './data/augment.js';
export { halveImages } from './data/halve-images.js';
export { type Normalisation, normalisations, normalise } from './data/normalisation.js';
export { type RotatePixelsOptions, rotatePixels } from './data/rotate-pixels.js';
export { loadRotatedMnist, type RotatedMnist, type RotatedMnistOptions } from './data/rotated-mnist.js';
export { rotationAngles } from './data/rotation-angles.js';
export { type TurnedDataset, turnedBy } from './data/turned-by.js';
export type { EncodedPlan, Encoding } from './encoding/encoded-plan.js';
export type { GroupIndex } from './encoding/group-index.js';
export type { NeighbourhoodShape } from './encoding/neighbourhood.js';
export type { Pose } from './encoding/pose.js';
export { type LoadOriginalOptions, loadOriginal } from './files/load-original.js';
export type { GroupAttentionModule } from './files/module-config.js';
export { type LoadGroupAttentionOptions, loadGroupAttention, saveGroupAttention } from './files/module-file.js';
export { type ActOptions, actOnFeatures, actOnImages } from './groups/act.js';
export { elementName } from './groups/element-name.js';
export { Group, type GroupOptions, type Within } from './groups/group.js';
export { type GroupName, groupOf, groups, rotations, rotationsAndMirrors } from './groups/named-groups.js';
export type { PlaneMatrix } from './groups/plane-matrix.js';
export { restrictFeatures } from './groups/restrict.js';
export type { FeatureActivation } from './layers/activation.js';
export type { SelfAttentionOptions } from './layers/attention-options.js';
export { ClassifierHead, type ClassifierHeadOptions } from './layers/classifier-head.js';
export { Crop, type CropWidth } from './layers/crop.js';
export { GroupSelfAttention, type GroupSelfAttentionOptions } from './layers/group-self-attention.js';
export { LiftingSelfAttention, type LiftingSelfAttentionOptions } from './layers/lifting-self-attention.js';
export { type NormKind, OrbitNorm } from './layers/norms.js';
export { OrbitDropout, type OrbitDropoutOptions } from './layers/orbit-dropout.js';
export type { Pixel, PixelAttention } from './layers/pixel-attention.js';
export { PoolPixels } from './layers/pool-pixels.js';
export { GroupPool, SpatialPool } from './layers/pools.js';
export { Restrict } from './layers/restrict.js';
export { TransformerBlock, type TransformerBlockOptions } from './layers/transformer-block.js';
export { GroupAttentionNet } from './network/group-attention-net.js';
export type { GroupAttentionNetConfig } from './network/net-config.js';
export type { GroupAttentionNetOptions } from './network/net-options.js';
export { cifar10Net, type PublishedNetOptions, pcamNet, released, rotMnistNet } from './network/published-nets.js';
export { attentionIn, attentionsIn, type InnerAttention } from './pictures/attention-in.js';
export {
  type AttentionLayer,
  type AttentionMaps,
  type AttentionMapsOptions,
  attentionMaps,
} from './pictures/attention-maps.js';
export { type AttentionPictureOptions, attentionSvg } from './pictures/attention-picture.js';
export { type CertificatePictureOptions, certificateSvg } from './pictures/certificate-picture.js';
export type { ImageRange } from './pictures/image-looks.js';
export { type PlainModel, Symmetrised, type SymmetriseOptions, symmetrise } from './symmetrise.js';
