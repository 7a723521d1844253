package gateway_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust/internal/sqldb"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

// notes is a log that many write.
type notes struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (n *notes) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.buf.Write(b)
}

// TestLogAndErrorsNameNoCardAndNoKey has everything go wrong that is logged or answered.
func TestLogAndErrorsNameNoCardAndNoKey(t *testing.T) {
	card, log := newCard(t, 1), &notes{}
	card.last = 40 // so that it says status 02
	net := newNetwork()
	p := over(t, only(t), net, &clock{t: epoch}, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	p.net = net
	p.add(card)
	ctx, imsi := t.Context(), card.personal.IMSI
	said := func(err error) {
		if err == nil {
			t.Error("it did not go wrong")
		}
		fmt.Fprintf(log, "%v %+v\n", err, err)
	}
	net.will(fails)
	p.submit(card, "a")
	p.drain()
	net.will(brings)
	p.clock.pass(5 * time.Second)
	p.drain()
	p.drain()
	p.asker.breaks(errors.New("the store is away"))
	said(p.Receive(ctx, imsi, net.answer(t, card)))
	p.clock.pass(time.Hour)
	p.drain()
	p.asker.breaks(nil)
	said(p.Receive(ctx, imsi, [][]byte{{1, 2, 3}}))
	said(p.Receive(ctx, imsi, submits(t, card.response(t, ota.OK, func(c *ota.Command) { c.Counter = 9 }))))
	said(p.Receive(ctx, newCard(t, 2).personal.IMSI, submits(t, card.response(t, ota.OK, nil))))
	said(p.Report(ctx, "ota_0.1", gateway.Delivery{State: gateway.OnPhone}))
	_, err := p.Card(ctx, newCard(t, 2).personal.ICCID)
	said(err)
	bad := card.personal
	bad.KIc = bad.KIc[:7]
	_, err = p.Import(ctx, []gateway.Personalisation{bad})
	said(err)
	said(p.db.InTx(ctx, func(tx *sqldb.Tx) error {
		return p.Submit(ctx, tx, gateway.Submission{ICCID: newCard(t, 2).personal.ICCID, Ref: "x"})
	}))
	p.setCounter(card, ota.Ceiling)
	p.submit(card, "b")
	p.drain()
	text := strings.ToLower(log.buf.String())
	if strings.Count(text, "\n") < 12 {
		t.Errorf("too little went wrong:\n%s", text)
	}
	for _, secret := range []string{imsi, card.personal.ICCID, newCard(t, 2).personal.IMSI, newCard(t, 2).personal.ICCID,
		hexOf(card.personal.KIc), hexOf(card.personal.KID), string(card.personal.KIc), hexOf(cardKey)} {
		if strings.Contains(text, strings.ToLower(secret)) {
			t.Errorf("%q is in the log:\n%s", secret, text)
		}
	}
}
