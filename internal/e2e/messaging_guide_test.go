//go:build e2e

package e2e

import (
	"os"
	"strings"
	"testing"
)

// TestMessagingGuide runs the commands of docs/messaging.md as they stand there, but for folders.
func TestMessagingGuide(t *testing.T) {
	s := startSandbox(t)
	text, err := os.ReadFile("../../docs/messaging.md")
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
	for _, want := range []string{`"accepted":1`, `"state":"delivered"`, "event: message.delivered", `{"rcs":false,"online":true}`, `"reason":"recipient_changed"`, `{"check":"recipient","ok":true}`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in the output", want)
		}
	}
	if t.Failed() {
		t.Logf("%s\n%s", &script, out)
	}
}
