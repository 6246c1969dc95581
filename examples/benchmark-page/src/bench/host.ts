/** What the figures were measured on. */
import type { DeviceInfo } from '@saccade/kernels';
import type { Adapter } from './report.js';

/** GPUs of our devices. Names of software rasterisers are those that Saccade itself knows. */
export function describeAdapters(devices: readonly DeviceInfo[]): Adapter[] {
  return devices
    .filter(({ name }) => name === 'webgpu' || name === 'webgl2')
    .map(({ name, arithmetic }) => ({ api: name, name: arithmetic, software: isSoftware(arithmetic) }));
}

function isSoftware(adapter: string): boolean {
  return /swiftshader|llvmpipe|softpipe|lavapipe|software|basic render/i.test(adapter);
}

/** Browser and system in a few words. */
export function describeHost(): string {
  const { process: node } = globalThis as { process?: { version: string; platform: string; arch: string } };
  if (node !== undefined) return `Node ${node.version}, ${node.platform} ${node.arch}`;
  const { userAgent } = navigator;
  // Edge and Opera call themselves Chrome as well, and Chrome Safari.
  const browser = [
    /Edg\/[\d.]+/,
    /OPR\/[\d.]+/,
    /Firefox\/[\d.]+/,
    /(?:Headless)?Chrome\/[\d.]+/,
    /Version\/[\d.]+.*Safari/,
  ]
    .map((pattern) => pattern.exec(userAgent)?.[0])
    .find((name) => name !== undefined);
  const system = /\(([^)]*)\)/.exec(userAgent)?.[1];
  return [browser?.replace('/', ' ') ?? userAgent, system].filter(Boolean).join(', ');
}
