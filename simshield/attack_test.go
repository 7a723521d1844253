package simshield_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/sqldb"
	"simtrust/simshield"
	"simtrust/simshield/applet"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

// reply is an answer as the gateway would hand it on, for attacks from where cards and operators are.
func (w *world) reply(id string, answer applet.Response) error {
	sum := sha256.Sum256([]byte(id))
	answer.ID = applet.ID(sum[:16])
	return w.Replied(w.t.Context(), gateway.Reply{Packet: "ota_none", Ref: id, TAR: ota.TAR(applet.Bank.TAR()), Data: answer.Append(nil)})
}

// TestSignatureReplay: a signature on one order is none on another, of the same amount to the same payee.
func TestSignatureReplay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		first := w.bank.ask(w.bank.transfer("order-1", 100))
		w.settle()
		signed := w.is(first.ID, simshield.StateSigned, "")
		second := w.bank.ask(w.bank.transfer("order-2", 100))
		if err := w.reply(second.ID, applet.Response{Result: applet.Signed, Tries: 3, Signature: &signed.Signature}); err != nil {
			t.Fatal(err)
		}
		w.is(second.ID, simshield.StateFailed, simshield.CauseSignature)
	})
}

// TestLoginIsNoTransfer: a log-in signature confirms no transfer, and a hash reaches no transaction key.
func TestLoginIsNoTransfer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		login := w.bank.ask(w.bank.login("login-1"))
		w.settle()
		signed := w.is(login.ID, simshield.StateSigned, "")
		transfer := w.bank.ask(w.bank.transfer("order-1", 100))
		if err := w.reply(transfer.ID, applet.Response{Result: applet.Signed, Tries: 3, Signature: &signed.Signature}); err != nil {
			t.Fatal(err)
		}
		w.is(transfer.ID, simshield.StateFailed, simshield.CauseSignature)
		n, _ := simtrust.ParseNumber(firstPhone)
		hash := sha256.Sum256([]byte("a transfer's signed attributes"))
		req := simshield.HashReq{Party: w.bank.id, Ref: "hash-1", Number: n, Application: applet.Bank, Kind: applet.KindTransaction, Algorithm: applet.SHA256, Hash: hash[:]}
		if tx, err := w.SignHash(t.Context(), req); err == nil {
			t.Errorf("a hash for the transaction key: %+v", tx)
		}
		req.Kind = applet.KindDocument
		tx, err := w.SignHash(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.is(tx.ID, simshield.StateSigned, "")
	})
}

// TestHashForAnother: a reference that is known is not another person's, nor anybody's; one from before that was looked at is known still.
func TestHashForAnother(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		is := func(person string) {
			t.Helper()
			req := w.registration(simshield.AtCounter)
			req.Kinds, req.NationalID = []applet.Kind{applet.KindDocument}, person
			r, err := w.Register(t.Context(), req)
			w.must(err)
			p.person.code = r.Code
			w.settle()
		}
		hash := simshield.HashReq{Party: w.bank.id, Ref: "hash-1", Number: w.number(), Application: applet.Bank, Kind: applet.KindDocument,
			Algorithm: applet.SHA256, Hash: make([]byte, 32)}
		first := ""
		asked := func(person, reason string) {
			t.Helper()
			hash.NationalID = person
			tx, err := w.SignHash(t.Context(), hash)
			if simtrust.ReasonOf(err) != reason || err == nil && first != "" && tx.ID != first {
				t.Errorf("for %q: %s, %v", person, tx.ID, err)
			}
			first = cmp.Or(first, tx.ID)
		}
		is("A1")
		asked("A1", "")
		asked("A1", "")
		asked("", simshield.ReasonReplayed)
		w.settle()
		is("B2")
		asked("B2", simshield.ReasonReplayed)
		asked("", simshield.ReasonReplayed)

		text, err := json.Marshal([]any{hash.Number.E164(), hash.Application, hash.Kind, "", hash.Language, hash.Algorithm, hash.Hash})
		w.must(err)
		former := sha256.Sum256(text)
		w.exec(`update simshield_transaction set digest = $1`, former[:])
		asked("B2", "")
		hash.Text = "another"
		asked("B2", simshield.ReasonReplayed)
	})
}

// TestInsiderEdit: who changes the stored statement gets no signature on it: the card signed what it showed.
func TestInsiderEdit(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		if err := w.gateway.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.db.InTx(t.Context(), func(d *sqldb.Tx) error {
			_, err := d.Exec(t.Context(), `update simshield_transaction set signed_over = $1 where id = $2`, []byte{0x30, 0}, tx.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.is(tx.ID, simshield.StateFailed, simshield.CauseSignature)
	})
}

// TestPromptBombing: a card has one question open, and is not asked without end.
func TestPromptBombing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		w.bank.refused(simshield.ReasonBusy, w.bank.transfer("order-2", 100))
		var racing sync.WaitGroup
		for i := range 20 {
			racing.Go(func() { w.bank.refused(simshield.ReasonBusy, w.bank.transfer(fmt.Sprintf("racing-%d", i), 100)) })
		}
		racing.Wait()
		w.settle()
		w.is(tx.ID, simshield.StateSigned, "")
		if n := strings.Count(strings.Join(p.person.shown, "\n"), "【转账确认】"); n != 1 {
			t.Errorf("shown %d times", n)
		}
	})
}

// TestSplitting: transfers that stay below a limit each do not stay below it together, on two cards at once either.
func TestSplitting(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		if r := w.enrol(firstPhone, p, simshield.AtCounter, applet.EID, applet.KindTransaction); r.State != simshield.RegistrationDone {
			t.Fatalf("%+v", r)
		}
		second := w.subscriber("+8613800000002", 2)
		if r := w.enrol("+8613800000002", second, simshield.AtCounter, applet.EID, applet.KindTransaction); r.State != simshield.RegistrationDone {
			t.Fatalf("%+v", r)
		}
		ask := func(order, number string, yuan int) error {
			c := w.bank.transfer(order, yuan)
			c["phone_number"], c["application"] = number, "eid"
			_, err := w.Confirm(t.Context(), w.bank.id, w.bank.sign(c))
			return err
		}
		errs := make([]error, 2)
		var racing sync.WaitGroup
		racing.Go(func() { errs[0] = ask("order-1", firstPhone, 30_000) })
		racing.Go(func() { errs[1] = ask("order-2", "+8613800000002", 30_000) })
		racing.Wait()
		refused := 0
		for _, err := range errs {
			if simtrust.ReasonOf(err) == simshield.ReasonCertificateRequired {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if refused != 1 {
			t.Errorf("%d of two refused: %v", refused, errs)
		}
		w.settle()
		if err := ask("order-3", firstPhone, 20_001); simtrust.ReasonOf(err) != simshield.ReasonCertificateRequired {
			t.Error(err)
		}
		w.clock.advance(24 * time.Hour)
		if err := ask("order-4", firstPhone, 50_000); err != nil {
			t.Error("the next day:", err)
		}
	})
}

// TestForeignAnswer: an answer that belongs to no open transaction changes nothing.
func TestForeignAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		for _, id := range []string{"txn_unknown", ""} {
			if err := w.reply(id, applet.Response{Result: applet.Cancelled, Tries: 3}); err != nil {
				t.Error(err)
			}
		}
		other := applet.Response{ID: applet.ID{1}, Result: applet.Cancelled, Tries: 3}
		if err := w.Replied(t.Context(), gateway.Reply{Packet: "ota_none", Ref: tx.ID, Data: other.Append(nil)}); err != nil {
			t.Error(err)
		}
		w.is(tx.ID, simshield.StateOpen, "")
	})
}

// TestWrongCode: three wrong codes end a registration, without a certificate.
func TestWrongCode(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		n, _ := simtrust.ParseNumber(firstPhone)
		req := simshield.RegisterReq{Party: w.bank.id, Number: n, Application: applet.Bank, Kinds: []applet.Kind{applet.KindTransaction},
			Algorithm: applet.SM2, Identified: simshield.AtCounter, Subject: ca.Subject{Country: "CN", CommonName: "王小明"}}
		r, err := w.Register(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Register(t.Context(), req); simtrust.ReasonOf(err) != simshield.ReasonRegistrationOpen {
			t.Error("a second registration:", err)
		}
		p.person.code = "00000000"
		if p.person.code == r.Code {
			p.person.code = "00000001"
		}
		w.settle()
		failed, err := w.Registration(t.Context(), w.bank.id, r.ID)
		if err != nil || failed.State != simshield.RegistrationFailed || failed.Cause != simshield.CauseWrongCode || len(failed.Certificates) != 0 {
			t.Errorf("%+v, %v", failed, err)
		}
		w.bank.refused(simshield.ReasonNotEnrolled, w.bank.transfer("order-1", 100))
		if issued, _, err := w.ca.Search(t.Context(), ca.Query{Profile: "bank-sim"}, ca.Page{}); err != nil || len(issued) != 0 {
			t.Error(issued, err)
		}
	})
}

// TestSM2: the whole way with SM2 and SM3.
func TestSM2(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		n, _ := simtrust.ParseNumber(firstPhone)
		r, err := w.Register(t.Context(), simshield.RegisterReq{Party: w.bank.id, Number: n, Application: applet.Bank, Kinds: []applet.Kind{applet.KindTransaction},
			Algorithm: applet.SM2, Identified: simshield.AtCounter, Subject: ca.Subject{Country: "CN", CommonName: "王小明"}})
		if err != nil {
			t.Fatal(err)
		}
		p.person.code = r.Code
		w.settle()
		tx := w.bank.ask(w.bank.transfer("order-1", 5_000_000))
		w.settle()
		w.is(tx.ID, simshield.StateSigned, "")
		if screen := strings.Join(p.person.shown, "\n"); !strings.Contains(screen, "大额") {
			t.Errorf("no reminder of the large amount:\n%s", screen)
		}
	})
}

// TestLostAnswer: what a card sent and nobody heard is asked for again, and shown once.
func TestLostAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		if err := w.gateway.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := p.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.phones.mail = nil // lost
		w.Close()
		w.Service = w.node() // and the node starts again
		w.clock.advance(31 * time.Second)
		w.settle()
		w.is(tx.ID, simshield.StateSigned, "")
		if n := strings.Count(strings.Join(p.person.shown, "\n"), "【转账确认】"); n != 1 {
			t.Errorf("shown %d times", n)
		}
	})
}
