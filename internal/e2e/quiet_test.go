//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// eachAttacked runs an attack on a sandbox on each store.
func eachAttacked(t *testing.T, attack func(*testing.T, *sandbox)) {
	eachStore(t, func(t *testing.T, args ...string) { attack(t, startAttacked(t, args...)) })
}

// startAttacked starts a sandbox that logs everything it can. Whatever the test does to it, what it prints holds no number, no
// secret, no PIN and no token.
func startAttacked(t *testing.T, args ...string) *sandbox {
	t.Helper()
	s := &sandbox{dir: t.TempDir(), args: append(args, "--log", "debug")}
	s.start(t)
	t.Cleanup(func() {
		s.stop(t)
		s.isQuiet(t)
	})
	return s
}

// isQuiet searches the output, the printed tour apart, which is for the person at the terminal.
func (s *sandbox) isQuiet(t *testing.T) {
	t.Helper()
	said := s.out.String()
	head, rest, found := strings.Cut(said, "\nThe sandbox is ready.")
	_, tail, ended := strings.Cut(rest, "Stop with Ctrl-C.\n")
	if !found || !ended || !strings.Contains(tail, "op=") {
		t.Errorf("the output is not as expected:\n%s", said)
	}
	s.finds(t, harmless.ReplaceAllString(head+tail, "$1"))
}

// harmless are values of a log that chance may write like a secret: the ids of signing keys, which are public, and the sizes of answers.
var harmless = regexp.MustCompile(`\b((?:active|next|retired)=)[\w-]{43}\b|\bbytes=\d+`)

// finds fails the test for everything secret in a text.
func (s *sandbox) finds(t *testing.T, text string) {
	t.Helper()
	for _, secret := range s.secrets(t) {
		if i := strings.Index(text, secret.value); i >= 0 {
			t.Errorf("the log holds %s: %s", secret.what, around(text, i))
		}
	}
	for _, token := range []string{"eyJ", "client_assertion=", "code_verifier", "Bearer "} {
		if i := strings.Index(text, token); i >= 0 {
			t.Errorf("the log holds %q: %s", token, around(text, i))
		}
	}
}

// around is the beginning of the line in which a place of a text stands, and what stands around the place.
func around(text string, at int) string {
	from := strings.LastIndexByte(text[:at], '\n') + 1
	return fmt.Sprintf("%.200s … %.80s", text[from:], text[max(from, at-40):])
}

type secret struct{ what, value string }

// secrets are the values in sandbox.json and in the data folder that nobody else may read. A PIN is searched as a value of its
// own: four digits are part of many a time.
func (s *sandbox) secrets(t *testing.T) []secret {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "sandbox.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Subscribers []map[string]any `json:"subscribers"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	list := []secret{{"the admin token", s.AdminToken}, {"the gateway's secret", s.RADIUS.Secret}, {"a client secret", s.client("service").ClientSecret}}
	for _, sub := range c.Subscribers {
		number, _ := sub["number"].(string)
		list = append(list, secret{"a number", strings.TrimPrefix(number, "+86")})
		for _, name := range []string{"imsi", "iccid", "imei", "ki", "opc", "national_identity_number"} {
			list = append(list, secret{name, sub[name].(string)})
		}
		for _, name := range []string{"sim_pin", "login_pin", "signing_pin"} {
			list = append(list, secret{name, "=" + sub[name].(string) + " "}, secret{name, `"` + sub[name].(string) + `"`})
		}
	}
	for _, file := range []string{"keys.secret", "gateway.secret", "admin.token"} {
		value, err := os.ReadFile(filepath.Join(s.dir, file))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, secret{file, strings.TrimSpace(string(value))})
	}
	return list
}
