//go:build e2e

package e2e

import (
	"os"
	"strings"
	"testing"
)

// TestPurchaseGuide runs the commands of docs/messaging-purchase.md as they stand there, but for folders.
func TestPurchaseGuide(t *testing.T) {
	s := startSandbox(t)
	text, err := os.ReadFile("../../docs/messaging-purchase.md")
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
	for _, want := range []string{`"state":"confirmed","method":"button"`, `"state":"confirmed","method":"sim"`, "¥48,000.00", "示例电器",
		`"state":"denied","method":"text"`, `"answer": "denied"`, `"request_sha256"`, "BANK"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in the output", want)
		}
	}
	if t.Failed() {
		t.Logf("%s\n%s", &script, out)
	}
}
