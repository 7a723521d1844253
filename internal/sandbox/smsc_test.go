package sandbox

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust/internal/smpp"
	"simtrust/internal/sms"
)

// esme is the server's side of the service centre.
type esme struct {
	*rig
	client *smpp.Client
	got    chan smpp.Message
	refuse chan smpp.Status // an answer to what comes next
}

func newESME(r *rig) *esme {
	e := &esme{rig: r, got: make(chan smpp.Message, 16), refuse: make(chan smpp.Status, 1)}
	e.client = smpp.NewClient(e, smpp.ClientConfig{Address: r.texts, Bind: smpp.Bind{SystemID: "server", Password: "password"}, MinBackoff: time.Millisecond})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.client.Run(ctx)
	}()
	r.t.Cleanup(func() {
		stop()
		<-ended
	})
	return e
}

// Handle implements [smpp.Handler].
func (e *esme) Handle(_ context.Context, _ *smpp.Session, request smpp.PDU) (smpp.PDU, error) {
	select {
	case status := <-e.refuse:
		return nil, status
	default:
	}
	e.got <- request.(*smpp.DeliverSM).Message
	return nil, nil
}

// send submits a text in segments, and returns the ids of these.
func (e *esme) send(s *Subscriber, text string, change func(*smpp.Message)) (ids []string) {
	e.t.Helper()
	m := smpp.Message{Source: sms.Address{Type: sms.International, Plan: sms.E164, Value: "86106510"}, Registered: smpp.RegisteredFinal,
		Destination: sms.Address{Type: sms.International, Plan: sms.E164, Value: strings.TrimPrefix(s.Number, "+")}}
	if change != nil {
		change(&m)
	}
	parts, err := m.Split(text, smpp.CarryHeader, 7)
	if err != nil {
		e.t.Fatal(err)
	}
	slices.Reverse(parts) // the order in which they come says nothing
	for _, part := range parts {
		res, err := e.client.Submit(e.t.Context(), &smpp.SubmitSM{Message: part})
		if err != nil {
			e.t.Fatal(err)
		}
		ids = append(ids, res.MessageID)
	}
	return ids
}

func (e *esme) next() smpp.Message {
	e.t.Helper()
	select {
	case m := <-e.got:
		return m
	case <-time.After(patience):
		e.t.Fatal("nothing came")
		return smpp.Message{}
	}
}

// receipts waits for so many, and returns the states by id.
func (e *esme) receipts(n int) map[string]smpp.State {
	e.t.Helper()
	out := map[string]smpp.State{}
	for range n {
		m := e.next()
		got, err := smpp.ParseReceipt(&m)
		if err != nil {
			e.t.Fatal(err)
		}
		out[got.ID] = got.State
	}
	return out
}

// TestTextMessages: a long text is one message on the phone, with a receipt for each segment; the answer goes back to where it came from.
func TestTextMessages(t *testing.T) {
	r, _ := newMailRig(t)
	e := newESME(r)
	s := r.subscriber(0)
	r.device(s, false, true) // text messages need no more
	long := "【示例银行】" + strings.Repeat("您的账户支出人民币，如非本人操作请回复。", 9) + "\n回复1 确认"
	ids := e.send(s, long, nil)
	if len(ids) < 3 {
		t.Fatal(ids)
	}
	states := e.receipts(len(ids))
	for _, id := range ids {
		if states[id] != smpp.StateDelivered {
			t.Errorf("%s: %v", id, states[id])
		}
	}
	const card = "【示例银行】消费提醒\n支出 1,280.00 元\n详情 https://m.example/abc"
	asCard := func(m *smpp.Message) { m.ServiceType = CardService }
	e.send(s, card, nil)
	e.send(s, "【示例银行】不是卡片", asCard)
	short := e.send(s, card, asCard)
	e.receipts(3)
	list := r.inbox(s)
	if len(list) != 4 || list[1].Channel != "sms" || list[2].Channel != "sms" || list[0].Channel != "sms" || list[0].Content.Text != long || list[0].Sender != "+86106510" || list[0].Verified || list[3].Channel != "card-sms" {
		t.Fatalf("%+v", list)
	}
	if q, err := e.client.Query(t.Context(), &smpp.QuerySM{MessageID: short[0]}); err != nil || q.State != smpp.StateDelivered || q.FinalDate == "" {
		t.Errorf("%+v %v", q, err)
	}
	if status := r.act(s, "reply", answerWire{To: list[0].Sender, Text: "1"}); status != http.StatusOK {
		t.Fatal(status)
	}
	answer := e.next()
	text, err := answer.Text()
	if err != nil || text != "1" || answer.Class.Receipt() || "+"+answer.Source.Value != s.Number || answer.Destination.Value != "86106510" {
		t.Errorf("%q %v", text, err)
	}
	if status := r.act(s, "spam", spamWire{Message: list[0].ID}); status != http.StatusConflict {
		t.Error(status)
	}
	if status := r.act(s, "refuse", refuseWire{list[0].Sender}); status != http.StatusOK {
		t.Error(status)
	}
	stopped := e.next()
	if text, _ := stopped.Text(); text != "TD" {
		t.Errorf("%q", text)
	}
	_, page, _ := r.page("/subscribers/"+s.Number+"/messages?from=%2B86106510", nil)
	for _, want := range []string{"消费提醒", `href="https://m.example/abc"`, "卡片短信"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
}

// TestTextWaits: a text waits for its phone over a restart; meanwhile it can be asked about and called back.
func TestTextWaits(t *testing.T) {
	r, _ := newMailRig(t)
	e := newESME(r)
	s := r.subscriber(0)
	r.device(s, true, false)
	kept, gone := e.send(s, "一", nil)[0], e.send(s, "二", nil)[0]
	if q, err := e.client.Query(t.Context(), &smpp.QuerySM{MessageID: kept}); err != nil || q.State != smpp.StateEnroute {
		t.Errorf("%+v %v", q, err)
	}
	if err := e.client.Cancel(t.Context(), &smpp.CancelSM{MessageID: gone}); err != nil {
		t.Error(err)
	}
	if got := e.receipts(1); got[gone] != smpp.StateDeleted {
		t.Error(got)
	}
	r.until(func() bool { return len(r.o.exchange.mail.untoldOf(func(*message) bool { return true })) == 0 }) // or the receipt comes again
	r.stop()
	r.start()
	e = newESME(r)
	s = r.subscriber(0)
	e.refuse <- smpp.StatusReceiverTemporaryFailure // a receipt is brought again
	r.device(s, true, true)
	if got := e.receipts(1); got[kept] != smpp.StateDelivered {
		t.Error(got)
	}
	if list := r.inbox(s); len(list) != 1 || list[0].Content.Text != "一" {
		t.Errorf("%+v", list)
	}
	for _, id := range []string{kept, "never"} {
		if err := e.client.Cancel(t.Context(), &smpp.CancelSM{MessageID: id}); err != smpp.StatusCancelFailed {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// TestTextsThatDoNotArrive: one that is too late, and what the service centre refuses.
func TestTextsThatDoNotArrive(t *testing.T) {
	r, _ := newMailRig(t)
	e := newESME(r)
	s := r.subscriber(0)
	r.device(s, true, false)
	quiet := e.send(s, "一", func(m *smpp.Message) { m.Registered = 0 })[0]
	late := e.send(s, "二", func(m *smpp.Message) {
		m.Registered, m.Validity = smpp.RegisteredFailure, smpp.RelativeTime(time.Minute)
	})[0]
	r.later.Store((2 * time.Minute).Milliseconds())
	r.device(s, true, true)
	if got := e.receipts(1); got[late] != smpp.StateExpired {
		t.Error(got)
	}
	r.until(func() bool { return r.state(quiet) == mailDelivered })
	for name, c := range map[string]struct {
		change func(*smpp.Message)
		status smpp.Status
	}{
		"nobody":    {func(m *smpp.Message) { m.Destination.Value = "8613900000000" }, smpp.StatusInvalidDestination},
		"too late":  {func(m *smpp.Message) { m.Validity = smpp.AbsoluteTime(time.Now().Add(-time.Hour)) }, smpp.StatusInvalidExpiry},
		"not words": {func(m *smpp.Message) { m.Coding, m.Octets = smpp.CodingBinary, []byte{1, 2, 3} }, smpp.StatusSubmitFailed},
		"segment 0": {func(m *smpp.Message) { m.Class, m.Octets = smpp.ClassHeader, []byte{5, 0, 3, 1, 2, 0, 'x'} }, smpp.StatusSubmitFailed},
	} {
		m := smpp.Message{Source: sms.Address{Value: "10086"}, Destination: sms.Address{Type: sms.International, Value: strings.TrimPrefix(s.Number, "+")}, Octets: []byte("x")}
		c.change(&m)
		if _, err := e.client.Submit(t.Context(), &smpp.SubmitSM{Message: m}); err != c.status {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := e.client.Query(t.Context(), &smpp.QuerySM{MessageID: "never"}); err != smpp.StatusQueryFailed {
		t.Error(err)
	}
	if got := r.submit(rich(t, "never", s))[0]; got.State != mailAccepted {
		t.Errorf("a question to the service centre binds the other gateway: %+v", got)
	}
}

// TestStrangersAtTheServiceCentre do not get in.
func TestStrangersAtTheServiceCentre(t *testing.T) {
	r, _ := newMailRig(t)
	for _, b := range []smpp.Bind{{SystemID: "server", Password: "wrong"}, {SystemID: "other", Password: "password"}, {SystemID: "server"}} {
		b.Mode = smpp.Transceiver
		if s, err := smpp.Dial(t.Context(), nil, smpp.ClientConfig{Address: r.texts, Bind: b}); err == nil {
			s.Close()
			t.Errorf("%s is bound", b.SystemID)
		}
	}
}
