//go:build e2e

package e2e

import "testing"

// TestCSPGuide runs the commands of docs/messaging-csp.md.
func TestCSPGuide(t *testing.T) {
	startSandbox(t).guide(t, "messaging-csp.md", `"acknowledged":`, `"errorCode":0`, `"status":"delivered"`, `order-red`, `【山茶小店】新茶到店，回复 TD 退订`,
		`"status":"deliveredToNetwork"`, `"messageId":"cb1188a3-0003","status":"revokeOk"`, "callback_token")
}
