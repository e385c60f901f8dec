import { expect, test } from 'vitest';
import { ClusterFinder } from './cluster-finder.js';
import { ClusterView, nameOf } from './cluster-view.js';
import { MasterUnknown } from './redis-refusal.js';
import type { HostPort } from './redis-source.js';

const node = (host: string): HostPort => ({ host, port: 1 });
const { signal } = new AbortController();

function viewOf(epoch: number, ...hosts: readonly string[]): ClusterView {
  const slots = hosts.map((host, i) => [i, i, [host, 1]]);
  return new ClusterView(slots, `cluster_current_epoch:${epoch}\r\n`, node('x'));
}

/** A finder over nodes that answer as told, and the hosts that it asked. */
function finderOver(seeds: readonly string[], answers: Record<string, ClusterView | Error>) {
  const asked: string[] = [];
  const finder = new ClusterFinder(seeds.map(node), async ({ host }) => {
    asked.push(host);
    const answer = answers[host];
    if (answer instanceof ClusterView) return answer;
    throw answer ?? new Error('away');
  });
  return { finder, asked, answers };
}

test('nodes are asked in turn, the one that is named first, then masters, then seeds', async () => {
  const view = viewOf(1, 'm1', 'm2');
  const { finder, asked, answers } = finderOver(['s1', 's2'], { s2: view });
  expect(await finder.find(signal)).toBe(view);
  expect(asked.splice(0)).toEqual(['s1', 's2']);
  expect(await finder.find(signal, node('n'))).toBe(view);
  expect(asked.splice(0)[0]).toBe('n');
  expect(asked).toEqual([]);
  answers.m1 = view;
  answers.m2 = view;
  await finder.find(signal);
  await finder.find(signal);
  expect(new Set(asked)).toEqual(new Set(['m1', 'm2']));
});

test('a node that was cut off tells of the past and is not believed, unless all say so', async () => {
  const [old, now] = [viewOf(3, 'm1'), viewOf(4, 'm2')];
  const { finder, answers } = finderOver(['a', 'b'], { a: now, b: now });
  await finder.find(signal);
  answers.a = old;
  expect((await finder.find(signal, node('a'))).masters.map(nameOf)).toEqual(['m2:1']);
  answers.b = viewOf(2, 'm3');
  expect((await finder.find(signal)).masters.map(nameOf)).toEqual(['m1:1']);
});

test('where none can tell, a refusal is told before any other failure', async () => {
  const refusal = new MasterUnknown('x');
  const { finder } = finderOver(['a', 'b'], { a: refusal });
  await expect(finder.find(signal)).rejects.toBe(refusal);
});
