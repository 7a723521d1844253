package app

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestUpstreamGuide: the accounts that docs/messaging-upstream.md shows are ones that the server takes, with each way to a token.
func TestUpstreamGuide(t *testing.T) {
	text, err := os.ReadFile("../../docs/messaging-upstream.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(text)
	for _, setting := range []string{"scope", "service_account_file", "access_token_file"} {
		path := filepath.Join(t.TempDir(), "simtrust.yaml")
		shown := strings.Replace(string(block[1]), "# "+setting, setting, 1)
		if err := os.WriteFile(path, []byte(shown), 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := Load(path); err != nil || len(c.Messaging.Upstream) != 2 || shown == string(block[1]) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

// TestServiceAccountFile: a key file that cannot be used, or that others may read, is refused at the start by the setting's name.
func TestServiceAccountFile(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	good, _ := json.Marshal(map[string]string{"type": "service_account", "client_email": "a@b.example", "token_uri": "https://c.example/token",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))})
	dir := t.TempDir()
	account := func(name string, file []byte, mode os.FileMode) error {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, file, mode); err != nil {
			t.Fatal(err)
		}
		token := filepath.Join(dir, "token")
		if err := os.WriteFile(token, []byte("t"), 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := Upstream{Name: "bank", RBM: &UpstreamRBM{ClientTokenFile: token, ServiceAccountFile: path}}.account()
		if err == nil && a.RBM.Service == nil {
			t.Errorf("%s: there is no account", name)
		}
		return err
	}
	if err := account("good", good, 0o600); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{"public": account("public", good, 0o644), "empty": account("empty", nil, 0o600), "half": account("half", good[:len(good)/2], 0o600)} {
		if err == nil || !strings.HasPrefix(err.Error(), "service_account_file: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
