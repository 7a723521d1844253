package app_test

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"simtrust/internal/app"
)

func load(t *testing.T, text string) (app.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "simtrust.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return app.Load(path)
}

func TestConfigFile(t *testing.T) {
	c, err := load(t, `
listen: 127.0.0.1:9000
proxies: [10.1.0.0/24]
authn:
  radius:
    nas:
      - {name: gw, address: 10.2.0.1/32, secret_file: /run/s, interim: 5m}
  realms:
    - {peers: 10.64.0.0/10, realm: east}
`)
	if err != nil {
		t.Fatal(err)
	}
	nas := c.Authn.RADIUS.NAS[0]
	if c.Listen != "127.0.0.1:9000" || c.Data == "" || nas.Interim != 5*time.Minute || nas.Address.String() != "10.2.0.1/32" ||
		c.Proxies[0].String() != "10.1.0.0/24" || c.Authn.Realms[0].Realm != "east" {
		t.Errorf("%+v", c)
	}
}

// TestConfigIsStrict: a mistyped key must not be taken for an absent one, and the error says where it stands.
func TestConfigIsStrict(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":   {"listen: 127.0.0.1:1\nlissten: x\n", "2"},
		"nested":        {"authn:\n  radius:\n    lisen: x\n", "3"},
		"duplicate key": {"listen: a\nlisten: b\n", "listen"},
		"wrong type":    {"listen: [1]\n", "1"},
		"bad prefix":    {"proxies: [10.1.0.0/99]\n", "prefix"},
		"not yaml":      {"\tlisten: x\n", "1"},
	} {
		if _, err := load(t, c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := load(t, "database: postgres://user:hunter2@db/simtrust\nlissten: x\n"); strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a password beside a mistyped key: %v", err)
	}
	if _, err := app.Load("/nowhere/simtrust.yaml"); err == nil || !strings.Contains(err.Error(), "--config") {
		t.Errorf("missing file: %v", err)
	}
}

var guideBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestOperatingGuide: the configuration that docs/operating.md shows is one that the server takes.
func TestOperatingGuide(t *testing.T) {
	text, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := guideBlock.FindAllSubmatch(text, -1)
	for _, block := range blocks {
		if _, err := load(t, string(block[1])); err != nil {
			t.Errorf("%v in\n%s", err, block[1])
		}
	}
	if len(blocks) < 4 {
		t.Errorf("%d blocks of configuration", len(blocks))
	}
}

func TestPrintMasksPasswords(t *testing.T) {
	c := app.Defaults()
	c.Database = "postgres://user:hunter2@db.internal/simtrust?sslmode=verify-full"
	text, err := c.Print()
	if err != nil || strings.Contains(string(text), "hunter2") || !strings.Contains(string(text), "user:xxxxx@") {
		t.Errorf("%s %v", text, err)
	}
}

func TestNewRefuses(t *testing.T) {
	keySet := filepath.Join(t.TempDir(), "proxy.jwks")
	if err := os.WriteFile(keySet, []byte(`{"keys":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*app.Config)
		want   string
	}{
		"plain HTTP on every address":   {func(c *app.Config) { c.Listen = "0.0.0.0:0" }, "behind_tls_proxy"},
		"plain HTTP without a host":     {func(c *app.Config) { c.Listen = ":0" }, "behind_tls_proxy"},
		"a TLS proxy but no name":       {func(c *app.Config) { c.Listen, c.BehindTLSProxy = "0.0.0.0:0", true }, "set issuer"},
		"a short admin token":           {func(c *app.Config) { c.Admin.TokenFile = keySet }, "32 random characters"},
		"key without certificate":       {func(c *app.Config) { c.TLS.Key = "k.pem" }, "both"},
		"client CA without certificate": {func(c *app.Config) { c.TLS.ClientCA = "ca.pem" }, "tls.certificate"},
		"issuer that is no URL":         {func(c *app.Config) { c.Issuer = "id.example" }, "issuer"},
		"issuer with a query":           {func(c *app.Config) { c.Issuer = "https://id.example/?a" }, "issuer"},
		"unknown zone":                  {func(c *app.Config) { c.Renumber.Zone = "Asia/Nowhere" }, "zone"},
		"coverage that is no day":       {func(c *app.Config) { c.Renumber.CoveredSince = "2010" }, "2010-01-01"},
		"a key secret that is gone":     {func(c *app.Config) { c.Keys.SecretFile = "/nowhere/secret" }, "secret"},
		"unknown log level":             {func(c *app.Config) { c.Log.Level = "loud" }, "log level"},
		"gateway without its secret": {func(c *app.Config) {
			c.Authn.RADIUS.NAS = []app.NAS{{Name: "gw", SecretFile: "/nowhere", Interim: time.Minute}}
		}, "secret_file"},
		"a database of an unknown kind": {func(c *app.Config) { c.Database = "mysql://x" }, "sqlite"},
		"a password without a user":     {func(c *app.Config) { c.Database = "postgres://h/d"; c.DatabasePasswordFile = "/f" }, "user"},
		"enrichment without a key file": {func(c *app.Config) { c.Authn.Enrichment = []app.Enrichment{{Issuer: "p", JWKSFile: "/nowhere"}} }, "nowhere"},
		"a certificate digest of another kind": {func(c *app.Config) {
			c.Authn.Enrichment = []app.Enrichment{{Issuer: "p", JWKSFile: keySet, Certificates: []string{strings.Repeat("ab", 64)}}}
		}, "SHA-256"},
		"a certificate digest cut short": {func(c *app.Config) {
			c.Authn.Enrichment = []app.Enrichment{{Issuer: "p", JWKSFile: keySet, Certificates: []string{"ab"}}}
		}, "SHA-256"},
		"a certificate digest with colons": {func(c *app.Config) {
			c.Authn.Enrichment = []app.Enrichment{{Issuer: "p", JWKSFile: keySet, Certificates: []string{"AB:CD"}}}
		}, "SHA-256"},
	} {
		cfg := app.Defaults()
		cfg.Data, cfg.Listen, cfg.Log.Level = t.TempDir(), "127.0.0.1:0", "error"
		c.change(&cfg)
		a, err := app.New(t.Context(), cfg)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if a != nil {
			t.Errorf("%s: answered a server", name)
		}
	}
}

func TestOneProcessPerSQLiteFile(t *testing.T) {
	cfg := app.Defaults()
	cfg.Data, cfg.Listen, cfg.Log.Level = t.TempDir(), "127.0.0.1:0", "error"
	first, err := app.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := first.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	if _, err := app.New(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "PostgreSQL") {
		t.Errorf("a second server on the same file: %v", err)
	}
}

// TestKeysBelongToTheDatabase: with other keys apps would take every holder for somebody new.
func TestKeysBelongToTheDatabase(t *testing.T) {
	cfg := app.Defaults()
	cfg.Data, cfg.Listen, cfg.Log.Level = t.TempDir(), "127.0.0.1:0", "error"
	for i, step := range []struct{ keys, refusal string }{
		{"keys", ""}, {"empty", "restore the key directory"}, {"keys", ""},
	} {
		cfg.Keys.Dir = filepath.Join(cfg.Data, step.keys)
		a, err := app.New(t.Context(), cfg)
		if refused := err != nil && strings.Contains(err.Error(), step.refusal); refused != (step.refusal != "") {
			t.Errorf("%d: %v", i, err)
		}
		if a != nil {
			if err := a.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestGatewaySecrets: RADIUS rests on the secret alone.
func TestGatewaySecrets(t *testing.T) {
	dir := t.TempDir()
	write := func(name, secret string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, []byte(secret), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	const good = "0123456789abcdef"
	for _, c := range []struct {
		file, listen, want string
		any                bool
	}{
		{"", "127.0.0.1:0", "authn.radius.nas[0].secret_file: name the file", false},
		{filepath.Join(dir, "absent"), "127.0.0.1:0", "authn.radius.nas[0].secret_file: stat", false},
		{write("empty", "\n", 0o600), "127.0.0.1:0", "is empty", false},
		{write("short", good[1:], 0o600), "127.0.0.1:0", "fewer than 16 octets", false},
		{write("open", good, 0o604), "127.0.0.1:0", "chmod 600", false},
		{write("group", good, 0o660), "127.0.0.1:0", "chmod 600", false},
		{write("good", good, 0o640), taken.LocalAddr().String(), "authn.radius.listen: ", false},
		{write("good", good, 0o600), "127.0.0.1:0", "", false},
		{write("good", good, 0o600), taken.LocalAddr().String(), "", true},
	} {
		cfg := app.Defaults()
		cfg.Data, cfg.Listen, cfg.Log.Level = t.TempDir(), "127.0.0.1:0", "error"
		cfg.Authn.RADIUS = app.RADIUS{Listen: c.listen, NAS: []app.NAS{
			{Name: "gateway", Address: netip.MustParsePrefix("127.0.0.1/32"), SecretFile: c.file, Interim: time.Minute},
		}}
		cfg.AnyPort = c.any
		a, err := app.New(t.Context(), cfg)
		if err == nil {
			err = errors.Join(err, a.Close(t.Context()))
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.file, err, c.want)
		}
	}
}
