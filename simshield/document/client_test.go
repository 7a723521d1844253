package document_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/simshield"
	"simtrust/simshield/applet"
	"simtrust/simshield/document"
)

// bearers takes a token for the name of the client.
type bearers struct{}

func (bearers) Authenticate(r *http.Request) (rpc.Caller, error) {
	name, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return rpc.Caller{Client: name, Scopes: []string{simshield.ScopeConfirm}}, nil
}

// remote is a party's view of the module over HTTP.
func (w *world) remote(party string) *document.Client {
	w.t.Helper()
	r := rpc.NewRouter(rpc.Config{Now: w.Clock.Now, Auth: bearers{}})
	w.docs.Mount(r)
	server := httptest.NewServer(r)
	w.t.Cleanup(server.Close)
	return document.NewClient(rpc.NewClient(server.URL, server.Client(), party))
}

// TestClient: a party on another machine orders, gets and removes the same documents, and is refused for the same reasons.
func TestClient(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		landlord, library := w.remote("landlord"), w.remote("library")
		for _, f := range []document.Format{document.CAdES, document.JAdES, document.PAdES} {
			o := order(f)
			o.Order = string(f)
			asked, err := landlord.Start(t.Context(), o)
			if err != nil || asked.Order != o.Order || asked.Transaction.State != simshield.StateOpen || len(asked.Transaction.Code) != 4 {
				t.Fatalf("%s: %+v, %v", f, asked, err)
			}
			w.Settle()
			got, err := landlord.Document(t.Context(), asked.ID, 0)
			if here := w.fetch(asked.ID); err != nil || !bytes.Equal(got.Signed, here.Signed) || got.MediaType != here.MediaType {
				t.Errorf("%s: %+v, %v", f, got, err)
			}
			_, err = library.Document(t.Context(), asked.ID, 0)
			wants(t, "another party's", err, document.ReasonUnknown)
		}
		for reason, change := range map[string]func(*document.Order){
			document.ReasonFormat:       func(o *document.Order) { o.Format = "xades" },
			document.ReasonKey:          func(o *document.Order) { o.Content, o.Hash, o.Algorithm = nil, make([]byte, 32), applet.SM3 },
			simshield.ReasonReplayed:    func(o *document.Order) { o.Order, o.Title = string(document.CAdES), "另一份" },
			simshield.ReasonNotEnrolled: func(o *document.Order) { o.Application = applet.Enterprise },
		} {
			o := order(document.CAdES)
			change(&o)
			_, err := landlord.Start(t.Context(), o)
			wants(t, "refused", err, reason)
		}
		o := order(document.CAdES)
		o.Content, o.Hash, o.Algorithm = nil, bytes.Repeat([]byte{7}, 32), applet.SHA256
		asked, err := landlord.Start(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		w.Settle()
		wants(t, "another party's", library.Remove(t.Context(), asked.ID), document.ReasonUnknown)
		if err := landlord.Remove(t.Context(), asked.ID); err != nil {
			t.Error(err)
		}
		_, err = landlord.Document(t.Context(), asked.ID, 0)
		wants(t, "removed", err, document.ReasonRemoved)
	})
}

func wants(t *testing.T, what string, err error, reason string) {
	t.Helper()
	if simtrust.ReasonOf(err) != reason {
		t.Errorf("%s: %v, not %s", what, err, reason)
	}
}
