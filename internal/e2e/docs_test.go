//go:build e2e

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var fence = regexp.MustCompile("(?s)```\n(.*?)```")

// TestQuickstart runs the commands of docs/quickstart.md as they stand there, but for folders.
func TestQuickstart(t *testing.T) {
	s := startSandbox(t)
	text, err := os.ReadFile("../../docs/quickstart.md")
	if err != nil {
		t.Fatal(err)
	}
	found := fence.FindAllStringSubmatch(string(text), -1)
	if len(found) < 4 || !strings.Contains(found[1][1], "SIMTRUST_SANDBOX=") {
		t.Fatal("the quickstart no longer begins with starting the sandbox and naming it")
	}
	var script strings.Builder
	for _, block := range found[1:] {
		for line := range strings.Lines(block[1]) {
			if !strings.HasPrefix(line, "go build") && !strings.HasPrefix(line, "export SIMTRUST_SANDBOX=") {
				script.WriteString(line)
			}
		}
	}
	here := strings.NewReplacer("bin/simtrust", binary(t), "/tmp/", t.TempDir()+"/")
	out := s.shell(t, here.Replace(script.String()))
	for _, want := range []string{`{"devicePhoneNumberVerified":true}`, "Received Accounting-Response"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in the output:\n%s", want, out)
		}
	}
	if s.openidClient(t, "camara", job{From: "127.1.200.3", Scope: verifyScope, Number: s.Subscribers[2].Number}).Verify.Matches == nil {
		t.Error("the phone that the quickstart attached does not log in")
	}
}

// TestTour runs the commands that the sandbox prints when it is ready.
func TestTour(t *testing.T) {
	s := startSandbox(t)
	const indent = "     "
	var script strings.Builder
	tour := s.printed(t, "Stop with Ctrl-C.")
	for line := range strings.Lines(tour) {
		if command, ok := strings.CutPrefix(line, indent); ok {
			script.WriteString(command)
		}
	}
	dir := t.TempDir()
	var here []string
	for _, file := range []string{"key.pem", "csr.pem", "cert.pem", "roots.pem", "bank.pem"} {
		here = append(here, "/tmp/"+file, dir+"/"+file)
	}
	out := s.shell(t, strings.NewReplacer(here...).Replace(script.String()))
	for _, want := range []string{"error=consent_required", "ended by disconnected", "current", "cert.pem: OK",
		"the certificate is in the log", "cert.pem: good", "cert.pem: revoked", "certificate revoked",
		`"name":"phones/`, `"errorCode":0`, `"state":"asked"`, "balance 888 CNY"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in the output of\n%s\n%s", want, &script, out)
		}
	}
	const arrive = 6 // three carousels, two purchases, a red envelope
	s.inbox(t, s.Subscribers[3], arrive)
	if !strings.Contains(tour, "Open "+s.Shop+"/login") {
		t.Errorf("the tour does not name the shop:\n%s", tour)
	}
}

// printed waits for the last words of what the sandbox prints, and answers all of it.
func (s *sandbox) printed(t *testing.T, last string) string {
	t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(time.Minute)
	for !strings.Contains(s.out.String(), last) {
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatalf("the sandbox has not printed %q:\n%s", last, s.out)
		}
	}
	return s.out.String()
}

// patience is how long a script may take.
const patience = 2 * time.Minute

// shell runs a script that a person would paste; every command in it must succeed.
func (s *sandbox) shell(t *testing.T, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	cmd.WaitDelay = time.Second // for what it started in the background
	cmd.Env = append(os.Environ(), "SIMTRUST_SANDBOX="+filepath.Join(s.dir, "sandbox.json"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v in\n%s\n%s", err, script, out)
	}
	return string(out)
}

var shell = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestCAGuide runs the commands of docs/ca.md that stand in the sandbox and need no port of their own.
func TestCAGuide(t *testing.T) {
	startSandbox(t).guide(t, "ca.md",
		"the certificate is in the log", "(superseded)", "all agrees", "cert.pem: OK", "cert.pem: good", "cert.pem: revoked", "keyCompromise", "certificate revoked",
		`"leaf_hash":`, "Verification: OK", "CN = meter1.fleet.example", "signing certificate and issuers", "pair/sign.pem: OK")
}

// guide runs the commands of a page of docs as they stand there, but for folders, and answers what they print, in which it wants words.
func (s *sandbox) guide(t *testing.T, page string, wants ...string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for _, block := range shell.FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			if !strings.HasPrefix(line, "export SIMTRUST_SANDBOX=") {
				script.WriteString(line)
			}
		}
	}
	out := s.shell(t, strings.NewReplacer("bin/simtrust", binary(t), "/tmp/", t.TempDir()+"/").Replace(script.String()))
	for _, want := range wants {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in the output", want)
		}
	}
	if t.Failed() {
		t.Logf("%s\n%s", &script, out)
	}
	return out
}
