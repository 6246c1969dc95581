// tfjs with its two GPU backends and with gradients; it lies here because here is what it imports.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';

export * from '@tensorflow/tfjs-core';
