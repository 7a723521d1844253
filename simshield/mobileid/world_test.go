package mobileid_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/simshield"
	"simtrust/simshield/access"
	"simtrust/simshield/applet"
	"simtrust/simshield/mobileid"
	"simtrust/simshield/shieldtest"
)

const (
	number     = "+8613800000001"
	nationalID = "11010119900307123X"
)

// world is the face with one client of it, and two relying parties.
type world struct {
	*shieldtest.World
	t       *testing.T
	router  *rpc.Router
	face    *mobileid.Service
	access  *access.Service
	phone   *shieldtest.Phone
	shop    party
	library party
}

// party is what a relying party is configured with.
type party struct{ name, uuid string }

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, shieldtest.Migrations(access.Migrations(), mobileid.Migrations()), func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db)) })
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	w := &world{World: shieldtest.New(t, db, 6), t: t}
	w.access = access.New(access.Deps{DB: db, Log: slog.New(slog.DiscardHandler), Now: w.Clock.Now, Known: func(ctx context.Context, id string) error {
		_, err := w.World.Parties.Party(ctx, id)
		return err
	}})
	w.World.Parties["shop"] = simshield.Party{ID: "shop", Name: "云边书店"}
	w.World.Parties["library"] = simshield.Party{ID: "library", Name: "City Library"}
	w.shop = w.admit("shop", "DEMO")
	w.library = w.admit("library", "LIB", netip.MustParsePrefix("198.51.100.0/24"))
	w.router = rpc.NewRouter(rpc.Config{Now: w.Clock.Now})
	w.face = mobileid.New(mobileid.Deps{DB: db, Shield: w.Service, Parties: w.access.Door(access.MobileID), Now: w.Clock.Now,
		Client: func(r *http.Request) (netip.AddrPort, error) { return netip.ParseAddrPort(r.RemoteAddr) }})
	w.face.Mount(w.router)
	w.phone = w.Client(number, nationalID, applet.P256)
	return w
}

func (w *world) admit(application, name string, networks ...netip.Prefix) party {
	w.t.Helper()
	secret, err := w.access.Make(w.t.Context(), access.Access{Face: access.MobileID, Name: name, Application: application, Networks: networks, CreatedBy: "test"})
	if err != nil {
		w.t.Fatal(err)
	}
	return party{name, secret}
}

// members are those of a body; a test changes some.
type members map[string]any

func (p party) order(hash []byte) members {
	return members{"relyingPartyUUID": p.uuid, "relyingPartyName": p.name, "phoneNumber": number, "nationalIdentityNumber": nationalID,
		"hash": hash, "hashType": "SHA256", "language": "ENG"}
}

func (m members) with(name string, value any) members {
	m[name] = value
	return m
}

// reply is what comes back, of every operation.
type reply struct {
	Status    int `json:"-"`
	Result    string
	State     string
	SessionID string
	Error     string
	Time      string
	TraceID   string `json:"traceId"`
	Cert      []byte
	Signature *struct {
		Value     []byte
		Algorithm string
	}
}

func (w *world) post(path string, m members) reply {
	w.t.Helper()
	body, err := json.Marshal(m)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.do("POST", path, body, "198.51.100.7:1000")
}

func (w *world) poll(path, id, from string) reply {
	w.t.Helper()
	return w.do("GET", path+"/session/"+id+"?timeoutMs=1000", nil, from)
}

func (w *world) do(method, path string, body []byte, from string) (out reply) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, mobileid.Prefix+path, bytes.NewReader(body))
	r.RemoteAddr = from
	r.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	w.router.ServeHTTP(rec, r)
	out.Status = rec.Code
	if !strings.HasPrefix(rec.Header().Get("Content-Type"), "application/json") {
		w.t.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
		w.t.Fatalf("%s %s: %v in %s", method, path, err, rec.Body)
	}
	return out
}

const here = "198.51.100.7:1000"

// ask opens a session.
func (w *world) ask(path string, m members) string {
	w.t.Helper()
	r := w.post(path, m)
	if r.Status != http.StatusOK || r.SessionID == "" {
		w.t.Fatalf("%s: %d %s", path, r.Status, r.Error)
	}
	return r.SessionID
}

// ends lets everything happen and checks the result of a session.
func (w *world) ends(path, id, result string) reply {
	w.t.Helper()
	w.Settle()
	r := w.poll(path, id, here)
	if r.Status != http.StatusOK || r.State != "COMPLETE" || r.Result != result || r.Time == "" || r.TraceID == "" {
		w.t.Fatalf("the session is %d %s %s %s; want %s", r.Status, r.State, r.Result, r.Error, result)
	}
	return r
}

// refused checks an error, which has the form of the interface.
func (w *world) refused(status int, r reply) {
	w.t.Helper()
	if r.Status != status || r.Error == "" || r.Time == "" || r.TraceID == "" {
		w.t.Errorf("want %d with error, time and traceId; got %d %q %q %q", status, r.Status, r.Error, r.Time, r.TraceID)
	}
}

func parse(t *testing.T, n string) simtrust.Number {
	t.Helper()
	parsed, err := simtrust.ParseNumber(n)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
