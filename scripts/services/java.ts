import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasDebianTools, unpackDebian } from './debian.js';
import { onPath, run } from './run.js';

export interface JavaProgram {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

const oldestJava = 17;

/** A `java` of version 17 or later: JAVA_HOME, PATH, else unpacked from Debian. */
export async function javaProgram(): Promise<JavaProgram> {
  const home = process.env.JAVA_HOME;
  for (const command of [home && join(home, 'bin', 'java'), onPath('java')]) {
    if (command !== undefined && command !== '' && (await majorVersion(command)) >= oldestJava) {
      return { command, env: {} };
    }
  }
  if (!hasDebianTools()) {
    throw new Error(
      `Kafka needs Java ${oldestJava} or later: install a JRE, or give KAFKA_BROKERS`,
    );
  }
  const { root, env } = await unpackDebian('default-jre-headless');
  const machines = join(root, 'usr/lib/jvm');
  const machine = readdirSync(machines).find((name) => /^java-\d/.test(name));
  if (machine === undefined)
    throw new Error('the Debian package default-jre-headless holds no Java');
  return { command: join(machines, machine, 'bin/java'), env };
}

/** A `mvn`: PATH, else unpacked from Debian and run with the Java above. */
export async function mavenProgram(): Promise<JavaProgram> {
  const installed = onPath('mvn');
  const java = await javaProgram();
  // Without JAVA_HOME `mvn` looks for java on PATH, where ours may not be.
  const javaHome =
    java.command === onPath('java') ? {} : { JAVA_HOME: join(java.command, '../..') };
  if (installed !== undefined) return { command: installed, env: { ...java.env, ...javaHome } };
  if (!hasDebianTools()) {
    throw new Error('Kafka comes by Maven: install maven, or give KAFKA_BROKERS');
  }
  const { root } = await unpackDebian('maven');
  return { command: join(root, 'usr/share/maven/bin/mvn'), env: { ...java.env, ...javaHome } };
}

async function majorVersion(java: string): Promise<number> {
  try {
    const settings = await run(java, ['--version'], { timeoutMs: 20_000 });
    return Number(/^\S+ (\d+)/.exec(settings)?.[1] ?? 0);
  } catch {
    // Not there, or older than 9, which does not know --version.
    return 0;
  }
}
