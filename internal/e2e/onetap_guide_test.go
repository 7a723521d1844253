//go:build e2e

package e2e

import (
	"os"
	"strings"
	"testing"
)

// TestOneTapGuide runs the commands of docs/messaging-onetap.md as they stand there, but for folders.
func TestOneTapGuide(t *testing.T) {
	s := startSandbox(t)
	text, err := os.ReadFile("../../docs/messaging-onetap.md")
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
	for _, want := range []string{`"accepted":1`, "preview: 200\npreview: 200\npreview: 200", "138****0002", "landed on " + s.Shop + "/offers/longjing",
		"again: 410", "forwarded: 403", "https://club.example", "forbidden app_"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in the output", want)
		}
	}
	if t.Failed() {
		t.Logf("%s\n%s", &script, out)
	}
}
