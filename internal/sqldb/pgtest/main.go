//go:build unix

// Command pgtest runs a command against a throw-away PostgreSQL cluster made from installed binaries:
//
//	go run ./internal/sqldb/pgtest -- go test ./...
//
// The command finds the cluster's URL in SIMTRUST_TEST_POSTGRES. The cluster listens on a socket in a folder of its own, so it
// meets no other server, and is gone afterwards. It is as durable as a real one unless -durable=false trades that for speed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"simtrust/internal/sqldb/pgcluster"
	"simtrust/internal/sqldb/sqldbtest"
)

func main() {
	durable := flag.Bool("durable", true, "flush every commit to disk")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *durable, flag.Args())
	stop()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		os.Exit(max(exit.ExitCode(), 1))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, durable bool, command []string) (err error) {
	if len(command) == 0 {
		return errors.New("name the command to run after --, such as go test")
	}
	c, err := pgcluster.Start(durable)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	return runWith(ctx, c.URL(), command)
}

// runWith runs the command with the cluster's URL; when ctx ends it is asked to stop and waited for.
func runWith(ctx context.Context, url string, command []string) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), sqldbtest.PostgreSQLEnv+"="+url)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	return cmd.Run()
}
