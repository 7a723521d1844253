package tlog_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simtrust/ca/tlog"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb/sqldbtest"
)

// FuzzTile: whatever the path, nothing but a tile is served, and that under its canonical name only.
func FuzzTile(f *testing.F) {
	dir := filepath.Join(f.TempDir(), "log")
	for path, text := range map[string]string{"tile/0/000": "tile", "tile/entries/x001/002.p/7": "tile", ".state/treeState": "state", "tile/secret": "secret", "../secret": "secret"} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	s, err := tlog.New(tlog.Deps{DB: sqldbtest.Open(f, sqldbtest.SQLiteURL(f))}, tlog.Config{Dir: dir, Origin: origin, Seed: seed})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.Close)
	r := rpc.NewRouter(rpc.Config{Auth: officer{}})
	s.Mount(r)
	f.Fuzz(func(t *testing.T, path string) {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.URL.Path = tlog.Path + "/tile/" + path
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		if body := w.Body.String(); w.Code == http.StatusOK && (body != "tile" || path != "0/000" && path != "entries/x001/002.p/7") {
			t.Errorf("%q: %q", path, body)
		}
		if strings.Contains(w.Body.String(), dir) {
			t.Errorf("%q: %s", path, w.Body)
		}
	})
}
