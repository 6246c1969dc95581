/** Where the claims come from. */
import type { Paper } from '@saccade/lab';

export const paper: Paper = {
  title: 'On the Relationship between Self-Attention and Convolutional Layers (Cordonnier et al. 2020)',
  url: 'https://arxiv.org/abs/1911.03584',
};
