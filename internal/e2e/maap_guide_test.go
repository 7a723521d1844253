//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestUpstreamGuide runs the commands of docs/messaging-upstream.md.
func TestUpstreamGuide(t *testing.T) {
	out := startSandbox(t).guide(t, "messaging-upstream.md", "1234567890\n", "rbm 200\nrbm 200\n", `"errorMessage":"success"} csp 200`, "csp 401", "明天北京到上海", "两张票")
	if strings.Contains(out, "伪造的") {
		t.Errorf("a forged body was heard:\n%s", out)
	}
}
