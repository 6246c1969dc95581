// What the tests of all packages share.
export { assertClose, type Tolerance } from './assert-close.js';
export { assertRejects, assertThrows } from './assert-throws.js';
export { onTestDevice, type TestDevice, testDevice } from './test-device.js';
