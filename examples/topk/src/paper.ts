/** The paper of these experiments. */
import type { Paper } from '@saccade/lab';

/** Cordonnier et al. 2021. */
export const paper: Paper = {
  title: 'Differentiable Patch Selection for Image Recognition (Cordonnier et al., CVPR 2021)',
  url: 'https://arxiv.org/abs/2104.03059',
};
