package mss_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"

	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/simshield"
	"simtrust/simshield/access"
	"simtrust/simshield/applet"
	"simtrust/simshield/mss"
	"simtrust/simshield/shieldtest"
)

const (
	number         = "+8613800000001"
	authentication = "http://mss.ficom.fi/TS102206/v1.0.0/authentication-profile.xml"
	signature      = "http://mss.ficom.fi/TS102206/v1.0.0/signature-profile.xml"
	pkcs1          = mss.Namespace + "PKCS1"
)

// world is the face with one mobile user and two applications.
type world struct {
	*shieldtest.World
	t      *testing.T
	db     *sqldb.DB
	access *access.Service
	router *rpc.Router
	face   *mss.Service
	phone  *shieldtest.Phone
	shop   ap
	other  ap
}

// ap is what an application is configured with.
type ap struct{ id, password string }

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, shieldtest.Migrations(access.Migrations(), mss.Migrations()), func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db)) })
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	w := &world{World: shieldtest.New(t, db, 1000), t: t, db: db}
	w.access = access.New(access.Deps{DB: db, Log: slog.New(slog.DiscardHandler), Now: w.Clock.Now, Known: func(ctx context.Context, id string) error {
		_, err := w.World.Parties.Party(ctx, id)
		return err
	}})
	w.World.Parties["shop"] = simshield.Party{ID: "shop", Name: "云边书店"}
	w.World.Parties["other"] = simshield.Party{ID: "other", Name: "Other"}
	w.shop, w.other = w.admit("shop", "http://shop.example/"), w.admit("other", "http://other.example/")
	w.serve(http.DefaultClient)
	w.phone = w.Client(number, "", applet.P256)
	return w
}

// serve mounts the face, with what its callbacks go through.
func (w *world) serve(callbacks *http.Client) {
	w.face = mss.New(mss.Deps{DB: w.db, Shield: w.Service, Parties: w.access.Door(access.MSS), Callbacks: callbacks, Log: slog.New(slog.DiscardHandler),
		Now: w.Clock.Now, Client: func(r *http.Request) (netip.AddrPort, error) { return netip.ParseAddrPort(r.RemoteAddr) }},
		mss.Config{ID: "http://mss.example/", PlainCallbacks: true})
	w.router = rpc.NewRouter(rpc.Config{Now: w.Clock.Now})
	w.face.Mount(w.router)
}

func (w *world) admit(application, id string) ap {
	w.t.Helper()
	password, err := w.access.Make(w.t.Context(), access.Access{Face: access.MSS, Name: id, Application: application, CreatedBy: "test"})
	if err != nil {
		w.t.Fatal(err)
	}
	return ap{id, password}
}

// members are those of a message; a test changes some.
type members map[string]any

func (m members) with(name string, value any) members {
	m = maps.Clone(m)
	if value == nil {
		delete(m, name)
	} else {
		m[name] = value
	}
	return m
}

var transactions atomic.Int64

// header is what every message begins with, with an AP_TransID of its own.
func (a ap) header() members {
	return members{"MajorVersion": "1", "MinorVersion": "2", "MSSP_Info": members{"MSSP_ID": members{"URI": "http://mss.example/"}},
		"AP_Info": members{"AP_ID": a.id, "AP_PWD": a.password, "AP_TransID": fmt.Sprintf("AP.TEST.%d", transactions.Add(1)), "Instant": "2026-11-22T12:00:00.000+08:00"}}
}

// order is a request for a signature as the samples of public clients have it.
func (a ap) order(profile, mode string) members {
	h := a.header()
	maps.Copy(h, members{"MessagingMode": mode, "TimeOut": "80", "MobileUser": members{"MSISDN": number}, "SignatureProfile": profile,
		"DataToBeSigned":     members{"MimeType": "text/plain", "Encoding": "UTF-8", "Data": "Log in to the shop?"},
		"AdditionalServices": []members{{"Description": "http://mss.ficom.fi/TS102204/v1.0.0#userLang", "UserLang": members{"Value": "EN"}}}})
	return h
}

// reply is what comes back of every operation.
type reply struct {
	HTTP    int
	TransID string                             `json:"MSSP_TransID"`
	AP      struct{ AP_ID, AP_TransID string } `json:"AP_Info"` // as the wire has them
	User    struct{ MSISDN string }            `json:"MobileUser"`
	Signed  struct{ Base64Signature []byte }   `json:"MSS_Signature"`
	Profile any                                `json:"SignatureProfile"`
	Status  struct {
		StatusCode    struct{ Value string }
		StatusMessage string
	}
	Fault struct {
		Code struct {
			Value   string
			SubCode struct{ Value, ValueNs string }
		}
		Reason, Detail string
	} `json:"-"`
}

// call sends one message in JSON.
func (w *world) call(name string, m members) reply {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{name: m})
	if err != nil {
		w.t.Fatal(err)
	}
	rec := w.post("application/json", body)
	return w.read(rec.Code, rec.Body.Bytes())
}

func (w *world) read(status int, body []byte) (out reply) {
	w.t.Helper()
	found := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &found); err != nil || len(found) != 1 {
		w.t.Fatalf("%d %s: %v", status, body, err)
	}
	for name, value := range found {
		into := any(&out)
		if name == "Fault" {
			into = &out.Fault
		}
		if err := json.Unmarshal(value, into); err != nil {
			w.t.Fatalf("%s: %v", value, err)
		}
	}
	out.HTTP = status
	return out
}

func (w *world) post(contentType string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(w.t.Context(), "POST", mss.Path, bytes.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	rec := httptest.NewRecorder()
	w.router.ServeHTTP(rec, r)
	return rec
}

// sign asks asynchronously, lets everything happen and returns the status.
func (w *world) sign(m members) (asked, status reply) {
	w.t.Helper()
	asked = w.call("MSS_SignatureReq", m)
	if asked.Status.StatusCode.Value != "100" || asked.TransID == "" {
		w.t.Fatalf("the request is %+v", asked)
	}
	w.Settle()
	return asked, w.status(w.shop, asked.TransID)
}

func (w *world) status(a ap, id string) reply {
	w.t.Helper()
	return w.call("MSS_StatusReq", a.header().with("MSSP_TransID", id))
}

// is checks a status code.
func (w *world) is(code string, r reply) {
	w.t.Helper()
	if r.Status.StatusCode.Value != code || r.HTTP != http.StatusOK {
		w.t.Errorf("want status %s, got %+v", code, r)
	}
}

// fails checks a fault.
func (w *world) fails(code string, status int, r reply) {
	w.t.Helper()
	if r.Fault.Code.SubCode.Value != "_"+code || r.Fault.Code.SubCode.ValueNs != mss.Namespace || r.Fault.Reason == "" || r.HTTP != status {
		w.t.Errorf("want fault %s with HTTP %d, got %+v", code, status, r)
	}
}
