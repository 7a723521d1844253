package sandbox

import (
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestPagesFromElsewhereDoNothing: a browser on this machine also shows pages of strangers.
func TestPagesFromElsewhereDoNothing(t *testing.T) {
	c := Config{Dir: t.TempDir(), Issuer: "http://127.0.0.1:1", Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	phones, err := openHandsets(c)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := openExchange(c, phones)
	if err != nil {
		t.Fatal(err)
	}
	s := &Sandbox{log: slog.New(slog.DiscardHandler), operator: &operator{nas: &gateway{}, handsets: phones, exchange: messages}}
	defer func() { _ = s.Close(t.Context()) }()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	base := "http://" + l.Addr().String()
	for name, c := range map[string]struct {
		header map[string]string
		want   int
	}{
		"curl":                     {nil, http.StatusNoContent},
		"our own form":             {map[string]string{"Origin": base, "Sec-Fetch-Site": "same-origin"}, http.StatusNoContent},
		"a stranger's form":        {map[string]string{"Origin": "https://stranger.example", "Sec-Fetch-Site": "cross-site"}, http.StatusForbidden},
		"another port":             {map[string]string{"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"}, http.StatusForbidden},
		"a browser of old":         {map[string]string{"Origin": "https://stranger.example"}, http.StatusForbidden},
		"a page without an origin": {map[string]string{"Origin": "null"}, http.StatusForbidden},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/numbers/+8613800000001/release", nil)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range c.header {
			r.Header.Set(k, v)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
}

// TestContractIsReadableByItsOwnerOnly, also where an earlier file was not.
func TestContractIsReadableByItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sandbox.json")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := (Contract{AdminToken: "secret"}).write(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}
