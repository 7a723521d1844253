package onetap_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"simtrust/internal/keys"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
	"simtrust/messaging/onetap"
)

// FuzzResolver: whatever is asked for below /t/ and /m/, only the links that were sent lead anywhere, and looking makes no ticket.
func FuzzResolver(f *testing.F) {
	ring, err := keys.Open(f.Context(), f.TempDir(), keys.Options{Secret: filepath.Join(f.TempDir(), "secret"), CreateSecret: true})
	if err != nil {
		f.Fatal(err)
	}
	db := sqldbtest.Open(f, sqldbtest.SQLiteURL(f))
	if err := sqldb.Migrate(f.Context(), db, dispatch.Migrations(), messaging.Migrations(), onetap.Migrations()); err != nil {
		f.Fatal(err)
	}
	w := newWorld(f, db, ring)
	w.send(f, request(gsma.CardSMS, anna))
	known := map[string]bool{w.links()[0]: true}
	_, code, _ := strings.Cut(string(w.bearer.sent[0].Payload), issuer+"/m/")
	known["/m/"+code[:12]] = true
	for path := range known {
		f.Add(path[1:2] == "t", path[3:])
	}
	f.Add(false, "")
	f.Fuzz(func(t *testing.T, personal bool, text string) {
		path := "/m/" + text
		if personal {
			path = "/t/" + text
		}
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.URL = &url.URL{Path: path}
		rec := httptest.NewRecorder()
		w.router.ServeHTTP(rec, req)
		switch {
		case known[path] && rec.Code != http.StatusOK && rec.Code != http.StatusTooManyRequests:
			t.Errorf("%q: %d", path, rec.Code)
		case !known[path] && (rec.Code == http.StatusOK || rec.Code >= http.StatusInternalServerError):
			t.Errorf("%q: %d", path, rec.Code)
		}
		if w.tickets.count() != 0 {
			t.Error("a ticket was made")
		}
	})
}
