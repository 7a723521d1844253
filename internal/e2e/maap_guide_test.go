//go:build e2e

package e2e

import (
	"os"
	"strings"
	"testing"
)

// TestUpstreamGuide runs the commands of docs/messaging-upstream.md as they stand there.
func TestUpstreamGuide(t *testing.T) {
	s := startSandbox(t)
	text, err := os.ReadFile("../../docs/messaging-upstream.md")
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
	out := s.shell(t, script.String())
	for _, want := range []string{"1234567890\n", "rbm 200\nrbm 200\n", `"errorMessage":"success"} csp 200`, "csp 401", "明天北京到上海", "两张票"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in the output", want)
		}
	}
	if strings.Contains(out, "伪造的") {
		t.Error("a forged body was heard")
	}
	if t.Failed() {
		t.Logf("%s\n%s", &script, out)
	}
}
