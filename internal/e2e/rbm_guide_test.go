//go:build e2e

package e2e

import (
	"os"
	"strings"
	"testing"
)

// TestRBMGuide runs the commands of docs/messaging-rbm.md as they stand there, but for folders.
func TestRBMGuide(t *testing.T) {
	s := startSandbox(t)
	text, err := os.ReadFile("../../docs/messaging-rbm.md")
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
	out := s.shell(t, strings.ReplaceAll(script.String(), "/tmp/", t.TempDir()+"/"))
	for _, want := range []string{`"eventType":"DELIVERED"`, `"postbackData":"txn:deny"`, `{"reachableUsers":["+8613800000002"]}`, "RICHCARD_CAROUSEL", `"status":"NOT_FOUND"`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in the output", want)
		}
	}
	if t.Failed() {
		t.Logf("%s\n%s", &script, out)
	}
}
