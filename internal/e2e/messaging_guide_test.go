//go:build e2e

package e2e

import "testing"

// TestMessagingGuide runs the commands of docs/messaging.md.
func TestMessagingGuide(t *testing.T) {
	startSandbox(t).guide(t, "messaging.md", `"accepted":1`, `"state":"delivered"`, "event: message.delivered", `{"rcs":false,"online":true}`,
		`"reason":"recipient_changed"`, `{"check":"recipient","ok":true}`, `"contentType":"image/png"`)
}
