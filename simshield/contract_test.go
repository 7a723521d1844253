package simshield_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/rpc"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// shield is the module as a party has it, in process or remotely.
type shield interface {
	Confirm(ctx context.Context, signed string) (simshield.Transaction, error)
	Wait(ctx context.Context, id string, while time.Duration) (simshield.Transaction, error)
	Cancel(ctx context.Context, id string) (simshield.Transaction, error)
	Receipt(ctx context.Context, id string) ([]byte, error)
	Register(ctx context.Context, req simshield.RegisterReq) (simshield.Registration, error)
	Registration(ctx context.Context, id string) (simshield.Registration, error)
	CancelRegistration(ctx context.Context, id string) (simshield.Registration, error)
}

// local is the bank's view in process.
type local struct{ w *world }

func (l local) Confirm(ctx context.Context, signed string) (simshield.Transaction, error) {
	return l.w.Confirm(ctx, l.w.bank.id, signed)
}

func (l local) Wait(ctx context.Context, id string, while time.Duration) (simshield.Transaction, error) {
	return l.w.Wait(ctx, l.w.bank.id, id, while)
}

func (l local) Cancel(ctx context.Context, id string) (simshield.Transaction, error) {
	return l.w.Cancel(ctx, l.w.bank.id, id)
}

func (l local) Receipt(ctx context.Context, id string) ([]byte, error) {
	return l.w.Receipt(ctx, l.w.bank.id, id)
}

func (l local) Register(ctx context.Context, req simshield.RegisterReq) (simshield.Registration, error) {
	return l.w.Register(ctx, req)
}

func (l local) Registration(ctx context.Context, id string) (simshield.Registration, error) {
	return l.w.Registration(ctx, l.w.bank.id, id)
}

func (l local) CancelRegistration(ctx context.Context, id string) (simshield.Registration, error) {
	return l.w.CancelRegistration(ctx, l.w.bank.id, id)
}

// gate knows a token of a party, those of two operators, one of a carrier of requests, and one of nobody.
type gate struct{}

func (gate) Authenticate(r *http.Request) (rpc.Caller, error) {
	switch token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); token {
	case "bank":
		return rpc.Caller{Client: "bank", Scopes: []string{simshield.ScopeConfirm, simshield.ScopeRegister}}, nil
	case "anna", "boris":
		return rpc.Caller{Client: token, Scopes: []string{simshield.ScopeApprove}}, nil
	case "carrier":
		return rpc.Caller{Client: "carrier", Scopes: []string{simshield.ScopeRelay}}, nil
	case "stranger":
		return rpc.Caller{Client: "stranger", Scopes: []string{"openid"}}, nil
	}
	return rpc.Caller{}, &simtrust.Error{Kind: simtrust.KindUnauthenticated, Msg: "no token"}
}

// remote serves the module and returns a party's client.
func (w *world) remote(token string) *simshield.Client {
	w.t.Helper()
	return simshield.NewClient(w.at(token))
}

// at serves the module to who has a token.
func (w *world) at(token string) *rpc.Client {
	w.t.Helper()
	router := rpc.NewRouter(rpc.Config{Auth: gate{}, Log: slog.New(slog.DiscardHandler)})
	w.Mount(router)
	server := httptest.NewServer(router)
	w.t.Cleanup(server.Close)
	return rpc.NewClient(server.URL, server.Client(), token)
}

// TestContract: in process and over HTTP the module is the same.
func TestContract(t *testing.T) {
	for name, of := range map[string]func(*world) shield{
		"in process": func(w *world) shield { return local{w} },
		"http":       func(w *world) shield { return w.remote("bank") },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) { contract(t, w, of(w)) })
		})
	}
}

func contract(t *testing.T, w *world, s shield) {
	ctx := t.Context()
	p := w.subscriber(firstPhone, 1)
	n, err := simtrust.ParseNumber(firstPhone)
	if err != nil {
		t.Fatal(err)
	}
	req := simshield.RegisterReq{Party: w.bank.id, Number: n, Application: applet.Bank, Kinds: []applet.Kind{applet.KindTransaction}, Algorithm: applet.P256,
		Identified: simshield.AtCounter, Subject: ca.Subject{Country: "CN", CommonName: "王小明"}}
	mistaken, err := s.Register(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Register(ctx, req)
	wants(t, "a second registration", err, simtrust.KindConflict, simshield.ReasonRegistrationOpen)
	if mistaken, err = s.CancelRegistration(ctx, mistaken.ID); err != nil || mistaken.State != simshield.RegistrationFailed || mistaken.Cause != simshield.CauseParty {
		t.Errorf("%+v, %v", mistaken, err)
	}
	_, err = s.CancelRegistration(ctx, "reg_none")
	wants(t, "no such registration to cancel", err, simtrust.KindNotFound, simshield.ReasonUnknownRegistration)
	r, err := s.Register(ctx, req)
	if err != nil || len(r.Code) != 8 {
		t.Fatalf("%+v, %v", r, err)
	}
	p.person.code = r.Code
	w.settle()
	if r, err = s.Registration(ctx, r.ID); err != nil || r.State != simshield.RegistrationDone || r.Certificates[applet.KindTransaction] == "" || r.Code != "" {
		t.Fatalf("%+v, %v", r, err)
	}
	_, err = s.CancelRegistration(ctx, r.ID)
	wants(t, "a registration that is done", err, simtrust.KindConflict, simshield.ReasonEnded)
	tx, err := s.Confirm(ctx, w.bank.sign(w.bank.transfer("order-1", 100)))
	if err != nil || tx.State != simshield.StateOpen || tx.Kind != applet.KindTransaction {
		t.Fatalf("%+v, %v", tx, err)
	}
	_, err = s.Receipt(ctx, tx.ID)
	wants(t, "a receipt before the signature", err, simtrust.KindConflict, simshield.ReasonNoReceipt)
	w.settle()
	if tx, err = s.Wait(ctx, tx.ID, time.Second); err != nil || tx.State != simshield.StateSigned || tx.Ended.IsZero() {
		t.Fatalf("%+v, %v", tx, err)
	}
	if bundle, err := s.Receipt(ctx, tx.ID); err != nil || !strings.Contains(string(bundle), tx.ID) {
		t.Errorf("%s, %v", bundle, err)
	}
	_, err = s.Cancel(ctx, tx.ID)
	wants(t, "cancelled after the signature", err, simtrust.KindConflict, simshield.ReasonEnded)
	second, err := s.Confirm(ctx, w.bank.sign(w.bank.transfer("order-2", 100)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Confirm(ctx, w.bank.sign(w.bank.transfer("order-3", 100)))
	wants(t, "a second one at once", err, simtrust.KindConflict, simshield.ReasonBusy)
	if second, err = s.Cancel(ctx, second.ID); err != nil || second.State != simshield.StateCancelled {
		t.Errorf("%+v, %v", second, err)
	}
	_, err = s.Confirm(ctx, w.bank.sign(w.bank.login("order-4")))
	wants(t, "a key that is not there", err, simtrust.KindNotFound, simshield.ReasonNotEnrolled)
	_, err = s.Wait(ctx, "txn_none", 0)
	wants(t, "no such transaction", err, simtrust.KindNotFound, simshield.ReasonUnknown)
	_, err = s.Registration(ctx, "reg_none")
	wants(t, "no such registration", err, simtrust.KindNotFound, simshield.ReasonUnknownRegistration)
	req.Kinds = nil
	_, err = s.Register(ctx, req)
	wants(t, "no kinds", err, simtrust.KindInvalid, simshield.ReasonRegistration)
}

// TestNationalID: a person who was registered with a national identity number, in process or over HTTP, is found by it and by no other.
func TestNationalID(t *testing.T) {
	for name, of := range map[string]func(*world) shield{
		"in process": func(w *world) shield { return local{w} },
		"http":       func(w *world) shield { return w.remote("bank") },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				p, s := w.subscriber(firstPhone, 1), of(w)
				req := w.registration(simshield.AtCounter)
				req.Kinds, req.NationalID = []applet.Kind{applet.KindLogin}, "11010119900307123X"
				r, err := s.Register(t.Context(), req)
				w.must(err)
				p.person.code = r.Code
				w.settle()
				for number, reason := range map[string]string{req.NationalID: "", "110101199003071248": simshield.ReasonNotEnrolled} {
					_, err := w.Key(t.Context(), simshield.KeyReq{Party: w.bank.id, Number: w.number(), Application: applet.Bank, Kind: applet.KindLogin, NationalID: number})
					if simtrust.ReasonOf(err) != reason {
						t.Errorf("%s: %v", number, err)
					}
				}
				req.NationalID = "110101 1990"
				_, err = s.Register(t.Context(), req)
				wants(t, "no such number", err, simtrust.KindInvalid, simshield.ReasonRegistration)
			})
		})
	}
}

func wants(t *testing.T, what string, err error, kind simtrust.Kind, reason string) {
	t.Helper()
	if simtrust.KindOf(err) != kind || simtrust.ReasonOf(err) != reason {
		t.Errorf("%s: want %s %s, got %v", what, kind, reason, err)
	}
}

// TestScopes: without the scope nothing is answered.
func TestScopes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for token, kind := range map[string]simtrust.Kind{"stranger": simtrust.KindDenied, "": simtrust.KindUnauthenticated} {
			s := w.remote(token)
			_, err := s.Confirm(t.Context(), w.bank.sign(w.bank.transfer("order-1", 100)))
			if simtrust.KindOf(err) != kind {
				t.Errorf("%q: %v", token, err)
			}
			if _, err = s.Wait(t.Context(), "txn_none", 0); simtrust.KindOf(err) != kind {
				t.Errorf("%q: %v", token, err)
			}
		}
	})
}

// TestWait: who waits is woken by the end.
func TestWait(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		ended := make(chan simshield.Transaction)
		go func() {
			got, err := w.Wait(t.Context(), w.bank.id, tx.ID, time.Minute)
			if err != nil {
				t.Error(err)
			}
			ended <- got
		}()
		w.settle()
		if got := <-ended; got.State != simshield.StateSigned {
			t.Errorf("%+v", got)
		}
	})
}
