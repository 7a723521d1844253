//go:build e2e

package e2e

import (
	"os"
	"strings"
	"testing"
)

// TestCSPGuide runs the commands of docs/messaging-csp.md as they stand there, but for folders.
func TestCSPGuide(t *testing.T) {
	s := startSandbox(t)
	text, err := os.ReadFile("../../docs/messaging-csp.md")
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
	for _, want := range []string{`"acknowledged":`, `"errorCode":0`, `"status":"delivered"`, `order-red`, `【山茶小店】新茶到店，回复 TD 退订`, `"status":"deliveredToNetwork"`,
		`"messageId":"cb1188a3-0003","status":"revokeOk"`, "callback_token"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in the output", want)
		}
	}
	if t.Failed() {
		t.Logf("%s\n%s", &script, out)
	}
}
