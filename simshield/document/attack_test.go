package document_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield"
	"simtrust/simshield/applet"
	"simtrust/simshield/document"
)

// TestRefusedOrders: what is malformed is refused before anybody is asked, and nothing is kept of it.
func TestRefusedOrders(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			change func(*document.Order)
			reason string
		}{
			"an unknown format":        {func(o *document.Order) { o.Format = "xades" }, document.ReasonFormat},
			"no format":                {func(o *document.Order) { o.Format = "" }, document.ReasonFormat},
			"no order":                 {func(o *document.Order) { o.Order = "" }, document.ReasonOrder},
			"a long order":             {func(o *document.Order) { o.Order = strings.Repeat("1", 65) }, document.ReasonOrder},
			"no title":                 {func(o *document.Order) { o.Title = "" }, document.ReasonOrder},
			"a title that turns round": {func(o *document.Order) { o.Title = "租赁\u202e合同" }, applet.ReasonDirection},
			"no content":               {func(o *document.Order) { o.Content = nil }, document.ReasonOrder},
			"a huge content":           {func(o *document.Order) { o.Content = make([]byte, document.MaxContent+1) }, document.ReasonOrder},
			"content and hash":         {func(o *document.Order) { o.Hash, o.Algorithm = make([]byte, 32), applet.SHA256 }, document.ReasonOrder},
			"a short hash":             {func(o *document.Order) { o.Content, o.Hash, o.Algorithm = nil, make([]byte, 31), applet.SHA256 }, document.ReasonOrder},
			"a hash by nothing":        {func(o *document.Order) { o.Content, o.Hash = nil, make([]byte, 32) }, document.ReasonOrder},
			"a hash by another key's":  {func(o *document.Order) { o.Content, o.Hash, o.Algorithm = nil, make([]byte, 32), applet.SM3 }, document.ReasonKey},
			"a hash in JSON": {func(o *document.Order) {
				o.Format, o.Content, o.Hash, o.Algorithm = document.JAdES, nil, make([]byte, 32), applet.SHA256
			}, document.ReasonFormat},
			"a detached PDF":        {func(o *document.Order) { o.Format, o.Detached = document.PAdES, true }, document.ReasonFormat},
			"a media type of CMS":   {func(o *document.Order) { o.MediaType = "text/plain" }, document.ReasonOrder},
			"a media type of none":  {func(o *document.Order) { o.Format, o.MediaType = document.JAdES, "text/" }, document.ReasonOrder},
			"another person":        {func(o *document.Order) { o.NationalID = "110101199003071231" }, simshield.ReasonNotEnrolled},
			"an applet not there":   {func(o *document.Order) { o.Application = applet.Enterprise }, simshield.ReasonNotEnrolled},
			"a number nobody holds": {func(o *document.Order) { o.Number, _ = simtrust.ParseNumber("+8613900000009") }, simshield.ReasonNotEnrolled},
		} {
			o := order(document.CAdES)
			c.change(&o)
			if _, err := w.docs.Start(t.Context(), "landlord", o); simtrust.ReasonOf(err) != c.reason {
				t.Errorf("%s: %v, not %s", name, err, c.reason)
			}
		}
		if w.Settle(); len(w.phone.Person.Shown) > 0 {
			t.Errorf("the person was asked: %q", w.phone.Person.Shown)
		}
	})
}

// TestShown: the person sees who asks, that it is a document, and its title.
func TestShown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.sign(order(document.CAdES))
		text := strings.Join(w.phone.Person.Shown, "\n")
		for _, word := range []string{"文件签署", "云边房产", "租赁合同 2026-11"} {
			if !strings.Contains(text, word) {
				t.Errorf("%q is not in %q", word, text)
			}
		}
	})
}

// TestOrderOnce: an order is one document, with one question, whatever is repeated.
func TestOrderOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var wg sync.WaitGroup
		ids := make([]string, 8)
		for i := range ids {
			wg.Go(func() {
				if d, err := w.docs.Start(t.Context(), "landlord", order(document.CAdES)); err == nil {
					ids[i] = d.ID + " " + d.Transaction.ID
				}
			})
		}
		wg.Wait()
		first := w.sign(order(document.CAdES))
		for _, id := range ids {
			if id != "" && id != first.ID+" "+first.Transaction.ID {
				t.Errorf("%s beside %s", id, first.ID)
			}
		}
		shown := len(w.phone.Person.Shown)
		if again := w.sign(order(document.CAdES)); !bytes.Equal(again.Signed, first.Signed) || len(w.phone.Person.Shown) != shown {
			t.Error("signed again")
		}
		o := order(document.CAdES)
		o.Content = []byte("rent: 1")
		if _, err := w.docs.Start(t.Context(), "landlord", o); simtrust.ReasonOf(err) != simshield.ReasonReplayed {
			t.Errorf("another content: %v", err)
		}
		o = order(document.CAdES)
		o.Detached = true
		if _, err := w.docs.Start(t.Context(), "landlord", o); simtrust.ReasonOf(err) != simshield.ReasonReplayed {
			t.Errorf("another form: %v", err)
		}
	})
}

// TestOrderForAnother: an order that is known is not another person's, nor anybody's; one from before that was looked at is known still.
func TestOrderForAnother(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		meant := func(o document.Order, person string) document.Order {
			o.NationalID = person
			return o
		}
		first := w.sign(meant(order(document.CAdES), nationalID))
		again := func(o document.Order, reason string) {
			t.Helper()
			d, err := w.docs.Start(t.Context(), "landlord", o)
			if simtrust.ReasonOf(err) != reason || err == nil && d.ID != first.ID {
				t.Errorf("%s: %s, %v", o.NationalID, d.ID, err)
			}
		}
		again(meant(order(document.CAdES), nationalID), "")
		again(meant(order(document.CAdES), "110101199003071231"), simshield.ReasonReplayed)
		again(order(document.CAdES), simshield.ReasonReplayed)

		o, sum := order(document.CAdES), sha256.Sum256(contract)
		text, err := json.Marshal([]any{o.Number.E164(), o.Title, o.Format, o.Language, o.Application, sum[:], o.Hash, o.Algorithm, false, ""})
		w.must(err)
		former := sha256.Sum256(text)
		w.must(w.deps.DB.InTx(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `update document set digest = $1`, former[:])
			return err
		}))
		again(meant(o, nationalID), "")
		o.Title = "另一份合同"
		again(meant(o, nationalID), simshield.ReasonReplayed)
	})
}

// TestAnothersDocument: another party sees, removes and blocks nothing.
func TestAnothersDocument(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.sign(order(document.CAdES))
		if _, err := w.docs.Document(t.Context(), "library", d.ID, 0); simtrust.ReasonOf(err) != document.ReasonUnknown {
			t.Errorf("shown: %v", err)
		}
		if err := w.docs.Remove(t.Context(), "library", d.ID); simtrust.ReasonOf(err) != document.ReasonUnknown {
			t.Errorf("removed: %v", err)
		}
		o := order(document.CAdES)
		o.Content = []byte("a reader's ticket")
		if other, err := w.docs.Start(t.Context(), "library", o); err != nil || other.ID == d.ID {
			t.Errorf("the same order of another party: %v", err)
		}
		w.fetch(d.ID)
	})
}

// TestNotSigned: without a signature there is no document.
func TestNotSigned(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.phone.Person.Refuses = true
		d := w.start(order(document.CAdES))
		if open, err := w.docs.Document(t.Context(), "landlord", d.ID, 0); err != nil || open.Transaction.State != simshield.StateOpen || open.Signed != nil {
			t.Errorf("before the answer: %+v %v", open, err)
		}
		w.Settle()
		d, err := w.docs.Document(t.Context(), "landlord", d.ID, 0)
		if err != nil || d.Signed != nil || d.Transaction.State != simshield.StateRefused {
			t.Errorf("%+v %v", d, err)
		}
		if err := w.docs.Signed(t.Context(), simshield.Signed{ID: d.Transaction.ID}); simtrust.ReasonOf(err) != document.ReasonSignature {
			t.Errorf("an event for what was refused: %v", err)
		}
		if err := w.docs.Signed(t.Context(), simshield.Signed{ID: "txn_of_somebody_else"}); err != nil {
			t.Errorf("an event for no document: %v", err)
		}
	})
}

// TestEventCompletes: the document is made when the signature is there, though nobody asks.
func TestEventCompletes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.start(order(document.CAdES))
		w.Settle()
		for range 2 {
			w.must(w.docs.Signed(t.Context(), simshield.Signed{ID: d.Transaction.ID}))
		}
		w.stamps.down = true
		w.fetch(d.ID)
	})
}

// TestNoStamp: without a time stamp there is no document, and later there is.
func TestNoStamp(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.stamps.down = true
		d := w.start(order(document.JAdES))
		w.Settle()
		if _, err := w.docs.Document(t.Context(), "landlord", d.ID, 0); simtrust.ReasonOf(err) != document.ReasonNoStamp {
			t.Errorf("%v", err)
		}
		w.stamps.down = false
		w.fetch(d.ID)
	})
}

// TestRemoval: what was fetched, or is a day old, is gone, and its order is not carried out again.
func TestRemoval(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.sign(order(document.CAdES))
		w.must(w.docs.Remove(t.Context(), "landlord", d.ID))
		w.must(w.docs.Remove(t.Context(), "landlord", d.ID))
		if _, err := w.docs.Document(t.Context(), "landlord", d.ID, 0); simtrust.ReasonOf(err) != document.ReasonRemoved {
			t.Errorf("removed: %v", err)
		}
		shown := len(w.phone.Person.Shown)
		if again := w.start(order(document.CAdES)); again.ID != d.ID || again.Signed != nil {
			t.Errorf("ordered again: %+v", again)
		}
		if w.Settle(); len(w.phone.Person.Shown) != shown {
			t.Error("asked again")
		}
		o := order(document.CAdES)
		o.Order = "C-2"
		d = w.sign(o)
		w.Clock.Advance(23 * time.Hour)
		w.must(w.docs.Sweep(t.Context()))
		w.fetch(d.ID)
		w.Clock.Advance(2 * time.Hour)
		w.must(w.docs.Sweep(t.Context()))
		if _, err := w.docs.Document(t.Context(), "landlord", d.ID, 0); simtrust.ReasonOf(err) != document.ReasonRemoved {
			t.Errorf("after a day: %v", err)
		}
	})
}

// forger is the shield with answers of a traitor.
type forger struct {
	document.Shield
	ask    func(*simshield.HashReq)
	answer func(*simshield.Transaction)
	signer func(*simshield.Key)
	fail   error
}

func (f forger) SignHash(ctx context.Context, req simshield.HashReq) (simshield.Transaction, error) {
	if f.ask != nil {
		f.ask(&req)
	}
	t, err := f.Shield.SignHash(ctx, req)
	return t, errors.Join(err, f.fail)
}

func (f forger) Wait(ctx context.Context, party, id string, while time.Duration) (simshield.Transaction, error) {
	t, err := f.Shield.Wait(ctx, party, id, while)
	if f.answer != nil {
		f.answer(&t)
	}
	return t, err
}

func (f forger) Signer(ctx context.Context, party, id string) (simshield.Key, error) {
	k, err := f.Shield.Signer(ctx, party, id)
	if f.signer != nil {
		f.signer(&k)
	}
	return k, err
}

// TestForgedSignature: a signature over something else, or by another key, makes no document.
func TestForgedSignature(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		n, _ := simtrust.ParseNumber(number)
		login, err := w.Key(t.Context(), simshield.KeyReq{Party: "landlord", Number: n, Application: applet.EID, Kind: applet.KindLogin})
		w.must(err)
		for name, f := range map[string]forger{
			"another hash":                {ask: func(q *simshield.HashReq) { q.Hash = bytes.Repeat([]byte{1}, 32) }},
			"the login key":               {ask: func(q *simshield.HashReq) { q.Kind, q.Key = applet.KindLogin, "" }},
			"a log-in":                    {answer: func(t *simshield.Transaction) { t.Kind = applet.KindLogin }},
			"a changed signature":         {answer: func(t *simshield.Transaction) { t.Signature[63] ^= 1 }},
			"no signature":                {answer: func(t *simshield.Transaction) { t.Signature = applet.Signature{} }},
			"the login key's certificate": {signer: func(k *simshield.Key) { *k = login }},
			"another public key":          {signer: func(k *simshield.Key) { k.PublicKey = login.PublicKey }},
		} {
			f.Shield = w.Service
			deps := w.deps
			deps.Shield = f
			docs := document.New(deps)
			o := order(document.CAdES)
			o.Order = name
			d, err := docs.Start(t.Context(), "landlord", o)
			w.must(err)
			w.Settle()
			if d, err := docs.Document(t.Context(), "landlord", d.ID, 0); simtrust.ReasonOf(err) != document.ReasonSignature || d.Signed != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestAnothersCertificate: a certificate of another key does not get into the document.
func TestAnothersCertificate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		n, _ := simtrust.ParseNumber(number)
		login, err := w.Key(t.Context(), simshield.KeyReq{Party: "landlord", Number: n, Application: applet.EID, Kind: applet.KindLogin})
		w.must(err)
		deps := w.deps
		deps.Shield = forger{Shield: w.Service, signer: func(k *simshield.Key) { k.Raw = login.Raw }}
		d := w.start(order(document.CAdES))
		w.Settle()
		if _, err := document.New(deps).Document(t.Context(), "landlord", d.ID, 0); err == nil {
			t.Error("a document with another's certificate")
		}
	})
}

// TestLostAnswer: where the node dies between question and record, the order asked again is the same question.
func TestLostAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		deps := w.deps
		deps.Shield = forger{Shield: w.Service, fail: errors.New("the node dies")}
		if _, err := document.New(deps).Start(t.Context(), "landlord", order(document.CAdES)); err == nil {
			t.Fatal("no death")
		}
		w.Settle()
		shown := len(w.phone.Person.Shown)
		w.sign(order(document.CAdES))
		if len(w.phone.Person.Shown) != shown {
			t.Error("the person was asked twice")
		}
	})
}

// TestKeyReplaced: an order that found the card busy, and then another key there, is signed with that key. One whose answer was lost is not
// asked again of the new key: it has been signed.
func TestKeyReplaced(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lost := order(document.CAdES)
		lost.Order = "C-lost"
		deps := w.deps
		deps.Shield = forger{Shield: w.Service, fail: errors.New("the node dies")}
		if _, err := document.New(deps).Start(t.Context(), "landlord", lost); err == nil {
			t.Fatal("no death")
		}
		w.Settle()
		before := order(document.CAdES)
		before.Order = "C-before"
		w.start(before)
		busy := order(document.CAdES)
		if _, err := w.docs.Start(t.Context(), "landlord", busy); simtrust.ReasonOf(err) != simshield.ReasonBusy {
			t.Fatal(err)
		}
		w.phone = w.Client(number, nationalID, applet.P256)
		d := w.sign(busy)
		if _, err := w.verify(d.Signed, nil, applet.P256); err != nil {
			t.Error(err)
		}
		if again := w.start(busy); again.ID != d.ID || len(w.phone.Person.Shown) == 0 {
			t.Errorf("%s is %s", d.ID, again.ID)
		}
		busy.Content = []byte("rent: 1")
		if _, err := w.docs.Start(t.Context(), "landlord", busy); simtrust.ReasonOf(err) != simshield.ReasonReplayed {
			t.Errorf("another content: %v", err)
		}
		shown := len(w.phone.Person.Shown)
		if w.sign(lost); len(w.phone.Person.Shown) != shown {
			t.Error("the person was asked twice")
		}
	})
}

// TestTooMuchKept: a party cannot fill the store.
func TestTooMuchKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := order(document.CAdES)
		o.Content = make([]byte, document.MaxContent)
		deps := w.deps
		deps.Shield = forger{Shield: w.Service, fail: errors.New("no prompt")}
		docs, refused := document.New(deps), 0
		for i := range 52 {
			o.Order = strings.Repeat("x", i+1)
			if _, err := docs.Start(t.Context(), "landlord", o); simtrust.ReasonOf(err) == document.ReasonTooMuch {
				refused++
			}
		}
		if refused != 1 {
			t.Errorf("%d refused", refused)
		}
		if _, err := w.docs.Start(t.Context(), "library", order(document.CAdES)); simtrust.ReasonOf(err) == document.ReasonTooMuch {
			t.Errorf("another party: %v", err)
		}
	})
}

// TestWire: the operations over HTTP.
func TestWire(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const path = "/simshield/v1/documents"
		body := map[string]any{"phone_number": number, "order": "C-1", "title": "租赁合同", "format": "cades", "content": contract}
		status, d := w.call("POST", path, "landlord", simshield.ScopeConfirm, body)
		if status != http.StatusCreated || d["state"] != "open" || d["verification_code"] == "" {
			t.Fatal(status, d)
		}
		w.Settle()
		at := path + "/" + d["id"].(string)
		if status, d = w.call("GET", at+"?wait=1", "landlord", simshield.ScopeConfirm, nil); status != http.StatusOK || d["state"] != "signed" || d["document"] == nil {
			t.Error(status, d)
		}
		for name, c := range map[string]struct {
			method, path, client, scope string
			body                        any
			want                        int
		}{
			"another party":       {"GET", at, "library", simshield.ScopeConfirm, nil, 404},
			"another's removal":   {"DELETE", at, "library", simshield.ScopeConfirm, nil, 404},
			"another scope":       {"GET", at, "landlord", simshield.ScopeRegister, nil, 403},
			"nobody":              {"GET", at, "", simshield.ScopeConfirm, nil, 401},
			"a long wait":         {"GET", at + "?wait=31", "landlord", simshield.ScopeConfirm, nil, 400},
			"an unknown member":   {"POST", path, "landlord", simshield.ScopeConfirm, map[string]any{"colour": "red"}, 400},
			"an unknown format":   {"POST", path, "landlord", simshield.ScopeConfirm, map[string]any{"phone_number": number, "order": "1", "title": "t", "format": "asice", "content": contract}, 400},
			"an unknown language": {"POST", path, "landlord", simshield.ScopeConfirm, map[string]any{"phone_number": number, "language": "fr"}, 400},
			"an unknown applet":   {"POST", path, "landlord", simshield.ScopeConfirm, map[string]any{"phone_number": number, "application": "wib"}, 400},
			"no number":           {"POST", path, "landlord", simshield.ScopeConfirm, map[string]any{"phone_number": "110"}, 400},
			"too much":            {"POST", path, "landlord", simshield.ScopeConfirm, map[string]any{"content": make([]byte, 6<<20)}, 413},
		} {
			if status, out := w.call(c.method, c.path, c.client, c.scope, c.body); status != c.want {
				t.Errorf("%s: %d %v", name, status, out)
			}
		}
		if status, _ = w.call("DELETE", at, "landlord", simshield.ScopeConfirm, nil); status != http.StatusOK {
			t.Error(status)
		}
		if status, d = w.call("GET", at, "landlord", simshield.ScopeConfirm, nil); status != http.StatusNotFound || d["reason"] != document.ReasonRemoved {
			t.Error(status, d)
		}
	})
}
