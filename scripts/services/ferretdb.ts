import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goProgram } from './go.js';
import { withLock } from './lock.js';
import { cacheDir } from './paths.js';
import { run } from './run.js';

/** The last release that needs no extension of PostgreSQL. */
const release = 'v1.24.2';

/** FerretDB, which speaks MongoDB's protocol over SQLite; built once with the Go toolchain. */
export async function ferretdbProgram(): Promise<string> {
  const home = join(cacheDir, 'ferretdb', release);
  const program = join(home, 'ferretdb');
  if (existsSync(program)) return program;
  await withLock(join(cacheDir, 'ferretdb', 'lock'), 900_000, async () => {
    if (!existsSync(program)) await build(home, program);
  });
  return program;
}

async function build(home: string, program: string): Promise<void> {
  const go = await goProgram();
  mkdirSync(home, { recursive: true });
  writeFileSync(
    join(home, 'go.mod'),
    `module services\n\ngo 1.24\n\nrequire github.com/FerretDB/FerretDB ${release}\n`,
  );
  writeFileSync(join(home, 'main.go'), mainGo);
  console.error(`building FerretDB ${release} with Go`);
  const args = ['build', '-mod=mod', '-tags=ferretdb_no_postgresql', '-ldflags=-s -w'];
  await run(go.command, [...args, '-o', `${program}.partial`, '.'], {
    timeoutMs: 840_000,
    cwd: home,
    env: { ...process.env, ...go.env, GOFLAGS: '', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' },
  });
  renameSync(`${program}.partial`, program);
}

/** Its own command refuses to run unless it was built from a checkout. */
const mainGo = `package main

import (
	"context"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: os.Args[1]},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError+1})),
		Handler:   "sqlite",
		SQLiteURL: "file:" + os.Args[2] + "/",
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := server.Run(ctx); err != nil {
		log.Fatal(err)
	}
}
`;
