//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// job and outcome are the two ends of testdata/peer/login.mjs.
type job struct {
	Issuer string          `json:"issuer"`
	Client json.RawMessage `json:"client"`
	From   string          `json:"from"`
	Scope  string          `json:"scope"`
	Prompt string          `json:"prompt,omitempty"`
	Press  string          `json:"press,omitempty"`
	Number string          `json:"number,omitempty"`
	Resume json.RawMessage `json:"resume,omitempty"`
}

type outcome struct {
	Login       json.RawMessage `json:"login"`
	Audience    any             `json:"audience"`
	AccessToken string          `json:"access_token"`
	Claims      struct {
		Subject string   `json:"sub"`
		AMR     []string `json:"amr"`
	} `json:"claims"`
	UserInfo struct {
		PhoneNumber string `json:"phone_number"`
	} `json:"userinfo"`
	Verify struct {
		Matches *bool `json:"devicePhoneNumberVerified"`
	} `json:"verify"`
	Pages  int    `json:"pages"`
	Error  string `json:"error"`
	Status int    `json:"status"`
}

// openidClient runs one login by npm's openid-client, with the client as it stands in sandbox.json.
func (s *sandbox) openidClient(t *testing.T, name string, j job) outcome {
	t.Helper()
	j.Issuer, j.Client = s.Issuer, s.rawClient(t, name)
	var o outcome
	runPeer(t, "login.mjs", j, &o)
	return o
}

// runPeer gives a script of testdata/peer its input and reads its output.
func runPeer(t *testing.T, script string, in, out any) {
	t.Helper()
	if _, err := os.Stat("testdata/peer/node_modules"); err != nil {
		t.Fatalf("%v: scripts/setup installs openid-client", err)
	}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var answer, complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join("testdata/peer", script))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), &answer, &complaint
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, &complaint)
	}
	if err := json.Unmarshal(answer.Bytes(), out); err != nil {
		t.Fatalf("%s: %v in %s", script, err, &answer)
	}
}

func (s *sandbox) rawClient(t *testing.T, name string) json.RawMessage {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "sandbox.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Clients []json.RawMessage `json:"clients"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, raw := range all.Clients {
		var c client
		if json.Unmarshal(raw, &c) == nil && c.Name == name {
			return raw
		}
	}
	t.Fatalf("the sandbox has no client %s", name)
	return nil
}
