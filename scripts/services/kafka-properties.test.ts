import { describe, expect, test } from 'vitest';
import { kafkaProperties } from './kafka-properties.js';

const node = (id: number) => ({ id, port: 19_000 + id, controllerPort: 19_100 + id });
const lines = (text: string) => text.trimEnd().split('\n');

describe('kafkaProperties', () => {
  test('one node: every internal topic fits a single broker', () => {
    const rendered = lines(kafkaProperties(node(1), [node(1)], '/data'));
    expect(rendered).toContain('controller.quorum.voters=1@127.0.0.1:19101');
    expect(rendered).toContain('log.dirs=/data');
    for (const line of rendered.filter((each) => /replica|isr/.test(each))) {
      expect(line).toMatch(/=1$/);
    }
  });

  test('three nodes: each its own address, all the same voters, two replicas in sync', () => {
    const cluster = [node(1), node(2), node(3)];
    const rendered = lines(kafkaProperties(node(2), cluster, '/data'));
    expect(rendered).toContain('node.id=2');
    expect(rendered).toContain('advertised.listeners=PLAINTEXT://127.0.0.1:19002');
    expect(rendered).toContain(
      'controller.quorum.voters=1@127.0.0.1:19101,2@127.0.0.1:19102,3@127.0.0.1:19103',
    );
    expect(rendered).toContain('offsets.topic.replication.factor=3');
    expect(rendered).toContain('min.insync.replicas=2');
  });

  test('listens on the loopback address only', () => {
    const text = kafkaProperties(node(1), [node(1)], '/data');
    for (const [, host] of text.matchAll(/[A-Z]+:\/\/([^:]*):/g)) expect(host).toBe('127.0.0.1');
  });

  test('names each setting once and escapes backslashes', () => {
    const rendered = lines(kafkaProperties(node(1), [node(1)], 'a\\b'));
    const names = rendered.map((line) => line.slice(0, line.indexOf('=')));
    expect(new Set(names).size).toBe(names.length);
    expect(rendered).toContain('log.dirs=a\\\\b');
  });
});
