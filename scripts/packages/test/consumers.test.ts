import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../services/run.js';
import { application, everything } from '../consumers.js';
import { packWorkspace } from '../pack.js';
import { moduleKinds, ThrowAwayProject } from '../throw-away-project.js';
import {
  type NodeName,
  nodeProgram,
  nodes,
  type TypeScriptName,
  typescripts,
} from '../toolchains.js';

const workDir = mkdtempSync(join(tmpdir(), 'realtime-notify-consumers-'));
const projects = new Map<string, ThrowAwayProject>();
const programs = new Map<NodeName, string>();

/** What each prints at its end. */
const words = { express: 'received', nest: 'received', everything: 'loaded' } as const;

beforeAll(async () => {
  const packages = await packWorkspace(workDir);
  const consumers = {
    express: application('express'),
    nest: application('nest'),
    everything: everything(packages),
  };
  for (const [name, consumer] of Object.entries(consumers)) {
    projects.set(name, new ThrowAwayProject(join(workDir, name), consumer, packages));
  }
  for (const node of Object.keys(nodes) as NodeName[]) programs.set(node, await nodeProgram(node));
});
afterAll(() => rmSync(workDir, { recursive: true, force: true }));

// Neighbours differ in project, so that several install and compile at a time.
for (const typescript of Object.keys(typescripts) as TypeScriptName[]) {
  for (const kind of moduleKinds) {
    for (const node of Object.keys(nodes) as NodeName[]) {
      for (const [name, word] of Object.entries(words)) {
        test.concurrent(`${name}, TypeScript ${typescript}, ${kind}, Node ${node}: ${word}`, async () => {
          const program = await projects.get(name)?.compile(typescript, kind);
          const nodeJs = programs.get(node);
          if (program === undefined || nodeJs === undefined) throw new Error('the set-up failed');
          expect(await run(nodeJs, [program], { timeoutMs: 60_000 })).toBe(`${word}\n`);
        });
      }
    }
  }
}
