import type { Ready } from './outlet.js';

/**
 * The members of `ready` as JSON, without braces. Not by `JSON.stringify` of an object with a key for each
 * channel: the engine would make a hidden class for each user and keep it for long.
 */
export function readyMembers({ userId, channels, recovered }: Ready, heartbeatMs: number): string {
  let positions = '';
  for (const [channel, { epoch, offset, tag }] of channels) {
    const separator = positions === '' ? '' : ',';
    positions += `${separator}${JSON.stringify(channel)}:{"epoch":"${epoch}","offset":${offset},"tag":"${tag}"}`;
  }
  return `"user":${JSON.stringify(userId)},"channels":{${positions}},"recovered":${recovered},"heartbeatMs":${heartbeatMs}`;
}
