//go:build e2e

package e2e

import "testing"

// TestPurchaseGuide runs the commands of docs/messaging-purchase.md.
func TestPurchaseGuide(t *testing.T) {
	startSandbox(t).guide(t, "messaging-purchase.md", `"state":"confirmed","method":"button"`, `"state":"confirmed","method":"sim"`, "¥48,000.00", "示例电器",
		`"state":"denied","method":"text"`, `"answer": "denied"`, `"request_sha256"`, "BANK")
}
