//go:build e2e

package e2e

import "testing"

// TestRBMGuide runs the commands of docs/messaging-rbm.md.
func TestRBMGuide(t *testing.T) {
	startSandbox(t).guide(t, "messaging-rbm.md", `"eventType":"DELIVERED"`, `"postbackData":"txn:deny"`, `{"reachableUsers":["+8613800000002"]}`,
		"RICHCARD_CAROUSEL", `"status":"NOT_FOUND"`)
}
