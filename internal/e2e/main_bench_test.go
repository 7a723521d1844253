//go:build bench

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// roleEnv makes the test binary one of the servers that the benchmarks measure, so that each has a process, and a CPU account, of
// its own.
const roleEnv = "SIMTRUST_BENCH_ROLE"

// roles are what the test binary can be beside the benchmarks themselves.
var roles = map[string]func(ctx context.Context) error{
	"server": playServer,
	"floor":  playFloor,
}

func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv(roleEnv)]
	if !ok {
		code := m.Run()
		results.print(os.Stdout)
		os.Exit(code)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := role(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
