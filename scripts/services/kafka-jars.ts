import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mavenProgram } from './java.js';
import { withLock } from './lock.js';
import { cacheDir } from './paths.js';
import { run } from './run.js';

/** The releases we test with; a full version (`4.2.0`) is taken as it stands. */
const releases: Readonly<Record<string, string>> = { '4': '4.4.0', '3.9': '3.9.1' };

export const defaultKafka = '4';

export function kafkaRelease(version: string): string {
  const release = releases[version] ?? version;
  if (!/^\d+\.\d+\.\d+$/.test(release)) {
    throw new Error(`no Kafka version ${version}: ${Object.keys(releases).join(', ')} or x.y.z`);
  }
  return release;
}

/** The folder with Kafka's jars, fetched once with Maven as this machine has it configured. */
export async function kafkaJars(release: string): Promise<string> {
  const home = join(cacheDir, 'kafka');
  const jars = join(home, release);
  if (existsSync(jars)) return jars;
  await withLock(join(home, 'lock'), 900_000, async () => {
    if (!existsSync(jars)) await fetchJars(home, release, jars);
  });
  return jars;
}

async function fetchJars(home: string, release: string, jars: string): Promise<void> {
  const maven = await mavenProgram();
  const project = join(home, `${release}.project`);
  const partial = `${jars}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, 'pom.xml'), kafkaPom(release));
  console.error(`fetching Apache Kafka ${release} with Maven`);
  await run(
    maven.command,
    [
      '-q',
      '-B',
      'dependency:copy-dependencies',
      `-DoutputDirectory=${partial}`,
      '-DincludeScope=runtime',
    ],
    { timeoutMs: 840_000, cwd: project, env: { ...process.env, ...maven.env } },
  );
  renameSync(partial, jars);
}

/**
 * slf4j-simple writes Kafka's log to standard error, which is our log file. kafka-tools-api serves
 * the command line tools only, and releases exist (4.4.0) that ask for it and never published it.
 */
function kafkaPom(release: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>services</groupId><artifactId>kafka</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${release}</version>
      <exclusions>
        <exclusion><groupId>org.apache.kafka</groupId><artifactId>kafka-tools-api</artifactId></exclusion>
      </exclusions>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;
}
