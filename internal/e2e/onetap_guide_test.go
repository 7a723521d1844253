//go:build e2e

package e2e

import "testing"

// TestOneTapGuide runs the commands of docs/messaging-onetap.md.
func TestOneTapGuide(t *testing.T) {
	s := startSandbox(t)
	s.guide(t, "messaging-onetap.md", `"accepted":1`, "preview: 200\npreview: 200\npreview: 200", "138****0002", "landed on "+s.Shop+"/offers/longjing",
		"again: 410", "forwarded: 403", "https://club.example", "forbidden app_")
}
