//go:build e2e

package softsim_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience is how long a foreign program may take to come up.
const patience = time.Minute

// virtualReader starts Debian's pcscd with the reader of vsmartcard-vpcd and returns a connection to its first slot.
func virtualReader(t *testing.T) net.Conn {
	t.Helper()
	dir := t.TempDir()
	port := freePort(t)
	library, err := filepath.Glob("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
	if err != nil || len(library) != 1 {
		t.Fatal("vsmartcard-vpcd is not installed: run scripts/setup")
	}
	config := fmt.Sprintf("FRIENDLYNAME \"softsim\"\nDEVICENAME /dev/null:0x%x\nLIBPATH %s\nCHANNELID 0x%x\n", port, library[0], port)
	if err := os.WriteFile(filepath.Join(dir, "softsim"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	daemon := exec.CommandContext(t.Context(), "pcscd", "--foreground", "--info", "--config", dir)
	daemon.Cancel = func() error { return daemon.Process.Signal(os.Interrupt) }
	daemon.WaitDelay = 10 * time.Second // it does not always hear
	daemon.Stdout, daemon.Stderr = &log, &log
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = daemon.Wait() // with the test its context is over
		if t.Failed() {
			t.Log(log.String())
		}
	})
	return dial(t, fmt.Sprintf("127.0.0.1:%d", port))
}

// freePort is one that stays free until the daemon listens on it: the system gives none below 32768 to those who do not ask for it.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 12_000 + rand.IntN(18_000)
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			return conn
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-retry.C:
		}
	}
}

// opensc runs opensc-tool, again until the reader has noticed the card.
func opensc(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		out, err := exec.CommandContext(ctx, "opensc-tool", append([]string{"--reader", "0"}, args...)...).CombinedOutput()
		if err == nil && !strings.Contains(string(out), "Card not present") {
			return string(out)
		}
		if ctx.Err() != nil {
			t.Fatalf("opensc-tool %v: %v\n%s", args, err, out)
		}
	}
}

// TestReaderSeesCard attaches a card to a virtual reader and uses it with the tools of smart card people.
func TestReaderSeesCard(t *testing.T) {
	card := newCard(t)
	conn := virtualReader(t)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- card.ServeVPCD(ctx, conn) }()

	if got := opensc(t, "--atr"); !strings.Contains(got, "3b:07:80:31:e0:73:f2:21:00") {
		t.Errorf("ATR: %s", got)
	}
	got := opensc(t, "--send-apdu", "00:A4:00:0C:02:2F:E2", "--send-apdu", "00:B0:00:00:0A",
		"--send-apdu", "00:20:00:01:08:31:32:33:34:FF:FF:FF:FF", "--send-apdu", "00:A4:04:04:07:A0:00:00:00:87:10:02:00")
	for _, want := range []string{"98 68 00 21 43 65 87 09 21 43", "SW1=0x90, SW2=0x00", "62 1C 82 02 78 21 83 02 7F FF"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "SW1=0x90, SW2=0x00"); n != 4 {
		t.Errorf("%d of 4 commands went well:\n%s", n, got)
	}
	scanning, stop := context.WithTimeout(ctx, patience)
	defer stop()
	scan, err := exec.CommandContext(scanning, "pcsc_scan", "-c").CombinedOutput()
	if err != nil || !strings.Contains(string(scan), "3B 07 80 31 E0 73 F2 21 00") {
		t.Errorf("pcsc_scan: %v\n%s", err, scan)
	}
	cancel()
	if err := <-served; err != context.Canceled {
		t.Errorf("served until %v", err)
	}
}
