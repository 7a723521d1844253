package gateway_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simtrust/simshield/gateway"
)

// smsGateway is an operator's short message gateway that answers as told.
func smsGateway(t *testing.T, answer http.HandlerFunc) gateway.HTTPBearer {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return gateway.HTTPBearer{URL: server.URL + "/sms", Token: "s3cret", Client: server.Client()}
}

var message = gateway.Message{ID: "ota_1.7", IMSI: "460001234560001", TPDUs: [][]byte{{0x44, 0x04}, {0x40}}}

func TestHTTPBearerPostsTheMessage(t *testing.T) {
	var got map[string]any
	b := smsGateway(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/sms" || r.Header.Get("Authorization") != "Bearer s3cret" ||
			r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, `{"state": "delivered", "report": "0005", "more": 1}`)
	})
	d, err := b.Deliver(t.Context(), message)
	if err != nil || d.State != gateway.OnPhone || string(d.Report) != "\x00\x05" {
		t.Errorf("%+v, %v", d, err)
	}
	want := map[string]any{"id": "ota_1.7", "imsi": "460001234560001", "tpdus": []any{"4404", "40"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestHTTPBearerTakesEveryState(t *testing.T) {
	for _, state := range []gateway.Delivered{gateway.Accepted, gateway.OnPhone, gateway.CardBusy, gateway.PhoneAbsent, gateway.Rejected} {
		b := smsGateway(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"state": "`+string(state)+`"}`)
		})
		if d, err := b.Deliver(t.Context(), message); err != nil || d.State != state || len(d.Report) != 0 {
			t.Errorf("%s: %+v, %v", state, d, err)
		}
	}
}

func TestHTTPBearerDoesNotTrustBadAnswers(t *testing.T) {
	for what, answer := range map[string]http.HandlerFunc{
		"an error": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"state": "accepted"}`, http.StatusBadGateway)
		},
		"another success":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"nothing":            func(http.ResponseWriter, *http.Request) {},
		"no JSON":            func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "accepted") },
		"no state":           func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) },
		"a state of our own": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"state": "error"}`) },
		"a report not in hex": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"state": "delivered", "report": "0"}`)
		},
		"an endless answer": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"state": "accepted", "x": "`+strings.Repeat("x", 1<<20)+`"}`)
		},
		"a closed connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		d, err := smsGateway(t, answer).Deliver(t.Context(), message)
		if err == nil || d.State != "" {
			t.Errorf("%s: %+v, %v", what, d, err)
		}
		if err != nil && (strings.Contains(err.Error(), message.IMSI) || strings.Contains(err.Error(), "s3cret")) {
			t.Errorf("%s: the error says too much: %v", what, err)
		}
	}
}

func TestHTTPBearerFollowsNoRedirect(t *testing.T) {
	elsewhere := smsGateway(t, func(w http.ResponseWriter, _ *http.Request) {
		t.Error("the message went elsewhere")
		_, _ = io.WriteString(w, `{"state": "accepted"}`)
	})
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		b := smsGateway(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, status) })
		if d, err := b.Deliver(t.Context(), message); err == nil {
			t.Errorf("%d: %+v", status, d)
		}
	}
}

func TestHTTPBearerEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := smsGateway(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	if d, err := b.Deliver(ctx, message); err == nil {
		t.Errorf("%+v", d)
	}
}

// TestThroughHTTPBothWays has a short message gateway of its own between server and card.
func TestThroughHTTPBothWays(t *testing.T) {
	card, net := newCard(t, 1), newNetwork()
	net.will(says(gateway.Accepted))
	bearer := smsGateway(t, func(w http.ResponseWriter, r *http.Request) {
		var m struct {
			ID    string   `json:"id"`
			IMSI  string   `json:"imsi"`
			TPDUs []string `json:"tpdus"`
		}
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		d, _ := net.Deliver(r.Context(), gateway.Message{ID: m.ID, IMSI: m.IMSI, TPDUs: hexed(t, m.TPDUs)})
		_ = json.NewEncoder(w).Encode(object{"state": d.State})
	})
	p := over(t, only(t), bearer, &clock{t: epoch}, slog.New(slog.DiscardHandler))
	p.net = net
	p.add(card)
	api := p.serve(t)
	p.submit(card, "a")
	p.drain()
	m := net.messages()[0]
	report, later, err := card.take(m.TPDUs, []byte("done"))
	if err != nil {
		t.Fatal(err)
	}
	if status, body := api.post(t, "bearer", "/simshield/v1/ota/reports", object{"id": m.ID, "state": "delivered", "report": hexOf(report)}); status != 200 {
		t.Errorf("report: %d %s", status, body)
	}
	if status, body := api.post(t, "bearer", "/simshield/v1/ota/messages", object{"imsi": m.IMSI, "tpdus": []string{hexOf(later[0])}}); status != 200 {
		t.Errorf("message: %d %s", status, body)
	}
	p.want([]string{"a"}, nil)
}
