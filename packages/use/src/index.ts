export { createMount, type Mount } from './mount.js';
export type { MountedPublishOptions, MountOptions } from './mount-options.js';
