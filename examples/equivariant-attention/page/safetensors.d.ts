/** Trained networks, which the build puts into the page. */
declare module '*.safetensors' {
  const bytes: Uint8Array;
  export default bytes;
}
