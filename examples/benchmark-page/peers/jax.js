// jax-js; it lies here because here is what it imports.
export * from '@jax-js/jax';
