package sandbox

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// newMailRig has subscribers with tenures, as the server has named them.
func newMailRig(t testing.TB) (*rig, *office) {
	t.Helper()
	r := newRig(t)
	for i, s := range r.o.world.Subscribers {
		s.Tenure = "ten_" + string(rune('a'+i))
	}
	if err := r.o.keep(); err != nil {
		t.Fatal(err)
	}
	return r, newOffice(r)
}

// TestRichMessage: what the gateway takes is verified, delivered, seen and reported, once.
func TestRichMessage(t *testing.T) {
	r, server := newMailRig(t)
	s := r.subscriber(0)
	m := rich(t, "1", s)
	first := r.submit(m)[0]
	if first.State != mailAccepted || first.Ref == "" {
		t.Fatalf("%+v", first)
	}
	r.until(func() bool { return slices.Equal(server.told("1"), []string{"delivered"}) })
	if again := r.submit(m)[0]; again != first {
		t.Errorf("the same id again: %+v", again)
	}
	list := r.inbox(s)
	if len(list) != 1 || list[0].ID != first.Ref || list[0].Channel != "rcs" || list[0].Sender != bot || list[0].Name != "示例银行" || !list[0].Verified ||
		list[0].Content.Text == "" || len(list[0].Content.Suggestions) != 1 {
		t.Fatalf("%+v", list)
	}
	want := verification{Statement: m.Statement, ContentType: m.ContentType, Body: m.Body, Number: s.Number, Salt: m.Salt}
	if got := last(server, func() []verification { return server.asked }); got != want {
		t.Errorf("the phone asked about %+v", got)
	}
	r.until(func() bool { return slices.Equal(server.told("1"), []string{"delivered", "displayed"}) })
	r.inbox(s)
	if other := r.inbox(r.subscriber(1)); len(other) != 0 {
		t.Errorf("somebody else has %+v", other)
	}
	if got := r.states("queries", "1"); got[0] != mailDisplayed {
		t.Error(got)
	}
}

// TestSeenBeforeReported: a message that is seen before anybody could be told of its arrival is reported as delivered, then as displayed.
func TestSeenBeforeReported(t *testing.T) {
	for name, between := range map[string]func(*rig){"at once": func(*rig) {}, "over a restart": func(r *rig) { r.stop(); r.start() }} {
		r, server := newMailRig(t)
		server.listen(false)
		r.submit(rich(t, "1", r.subscriber(0)))
		r.until(func() bool { return r.state("1") == mailDelivered })
		arrived, _ := r.o.exchange.mail.lookUp("1")
		r.inbox(r.subscriber(0))
		between(r)
		server.listen(true)
		r.until(func() bool { return len(server.told("1")) > 1 })
		if got := server.told("1"); !slices.Equal(got, []string{"delivered", "displayed"}) {
			t.Errorf("%s: %v", name, got)
		}
		if at := server.reports[0].At; !at.Equal(arrived.At) {
			t.Errorf("%s: delivered at %v, reported as %v", name, arrived.At, at)
		}
	}
}

// TestUnproven: a message whose statement does not hold in every respect is shown without a mark.
func TestUnproven(t *testing.T) {
	for _, forged := range []string{"signature", "content", "recipient", "sender", "no content", "no recipient", "no sender"} {
		r, server := newMailRig(t)
		server.set(false, forged)
		r.submit(rich(t, "1", r.subscriber(0)))
		r.until(func() bool { return r.state("1") == mailDelivered })
		if list := r.inbox(r.subscriber(0)); len(list) != 1 || list[0].Verified {
			t.Errorf("%s: %+v", forged, list)
		}
	}
	r, _ := newMailRig(t)
	m := rich(t, "1", r.subscriber(0))
	m.Statement = ""
	r.submit(m)
	r.until(func() bool { return r.state("1") == mailDelivered })
	if list := r.inbox(r.subscriber(0)); len(list) != 1 || list[0].Verified {
		t.Errorf("without a statement: %+v", list)
	}
}

// TestCopies: of copies with one reference the phone shows one.
func TestCopies(t *testing.T) {
	r, _ := newMailRig(t)
	s := r.subscriber(0)
	a, b := rich(t, "1", s), rich(t, "2", s)
	b.Reference, b.PossibleDuplicate = a.Reference, true
	r.submit(a, b)
	r.until(func() bool { return r.state("1") == mailDelivered && r.state("2") == mailDelivered })
	if list := r.inbox(s); len(list) != 1 {
		t.Errorf("%+v", list)
	}
}

// TestPhoneOutOfReach: messages wait for a phone that is off, over restarts, and reports for a server that is away.
func TestPhoneOutOfReach(t *testing.T) {
	r, server := newMailRig(t)
	s := r.subscriber(0)
	r.device(s, true, false)
	if got := r.submit(rich(t, "1", s))[0]; got.State != mailAccepted {
		t.Fatalf("%+v", got)
	}
	if got := r.states("queries", "1"); got[0] != mailAccepted || len(r.inbox(s)) != 0 {
		t.Fatalf("%v", got)
	}
	r.stop()
	r.start()
	s = r.subscriber(0)
	if len(r.inbox(s)) != 0 {
		t.Fatal("a phone that is off got a message")
	}
	r.device(s, true, true)
	r.until(func() bool { return r.state("1") == mailDelivered })
	r.until(func() bool {
		return len(server.told("1")) == 1 && len(r.o.exchange.mail.untoldOf(func(*message) bool { return true })) == 0
	})
	server.set(true, "")
	before := r.inbox(s)
	r.stop()
	server.set(false, "")
	r.start()
	r.until(func() bool { return slices.Equal(server.told("1"), []string{"delivered", "displayed"}) })
	if after := r.inbox(r.subscriber(0)); len(after) != 1 || after[0].ID != before[0].ID {
		t.Errorf("%+v, then %+v", before, after)
	}
}

// TestServerAway: a phone shows nothing that it could not have checked.
func TestServerAway(t *testing.T) {
	r, server := newMailRig(t)
	server.set(true, "")
	r.submit(rich(t, "1", r.subscriber(0)))
	if len(r.inbox(r.subscriber(0))) != 0 {
		t.Error("the phone shows a message that it could not check")
	}
	server.set(false, "")
	r.until(func() bool { return r.state("1") == mailDelivered })
	if list := r.inbox(r.subscriber(0)); !list[0].Verified {
		t.Errorf("%+v", list)
	}
}

// TestRefusedIDs: what the gateway said not to have taken it never takes, over restarts.
func TestRefusedIDs(t *testing.T) {
	r, _ := newMailRig(t)
	if got := r.states("queries", "1", "1"); !slices.Equal(got, []string{"not_taken", "not_taken"}) {
		t.Fatal(got)
	}
	for range 2 {
		if got := r.submit(rich(t, "1", r.subscriber(0)))[0]; got.State != "rejected" {
			t.Errorf("%+v", got)
		}
		r.stop()
		r.start()
	}
	if got := r.states("revocations", "1", "never"); !slices.Equal(got, []string{"unknown", "unknown"}) {
		t.Error(got)
	}
}

func TestRevocation(t *testing.T) {
	r, server := newMailRig(t)
	off, on := r.subscriber(0), r.subscriber(1)
	r.device(off, true, false)
	r.submit(rich(t, "1", off), rich(t, "2", on))
	r.until(func() bool { return r.state("2") == mailDelivered })
	for range 2 {
		if got := r.states("revocations", "1", "2"); !slices.Equal(got, []string{"revoked", "too_late"}) {
			t.Fatal(got)
		}
	}
	r.device(off, true, true)
	r.until(func() bool { return slices.Equal(server.told("1"), []string{"revoked"}) })
	if list := r.inbox(off); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

func TestExpiry(t *testing.T) {
	r, server := newMailRig(t)
	s := r.subscriber(0)
	r.device(s, true, false)
	late := rich(t, "0", s)
	late.Expires = time.Now().Add(-time.Second)
	if got := r.submit(late, rich(t, "1", s)); got[0].State != "rejected" || got[1].State != mailAccepted {
		t.Fatalf("%+v", got)
	}
	r.later.Store((2 * time.Hour).Milliseconds())
	r.device(s, true, true)
	r.until(func() bool { return slices.Equal(server.told("1"), []string{"expired"}) })
	if list := r.inbox(s); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

// TestNewHolder: messages belong to who had the number.
func TestNewHolder(t *testing.T) {
	r, server := newMailRig(t)
	s := r.subscriber(0)
	r.submit(rich(t, "1", s))
	r.until(func() bool { return r.state("1") == mailDelivered })
	old := r.inbox(s)
	r.device(s, true, false)
	r.submit(rich(t, "2", s))
	s.Tenure, s.Offline = "ten_z", false
	if err := r.o.keep(); err != nil {
		t.Fatal(err)
	}
	r.until(func() bool { return slices.Equal(server.told("2"), []string{"failed"}) })
	if list := r.inbox(s); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	for what, body := range map[string]any{"reply": answerWire{Message: old[0].ID, Postback: "deny"}, "spam": spamWire{Message: old[0].ID}, "refuse": refuseWire{bot}} {
		if status := r.act(s, what, body); status != http.StatusNotFound {
			t.Errorf("%s by somebody else: %d", what, status)
		}
	}
	s.Assigned = false
	if err := r.o.keep(); err != nil {
		t.Fatal(err)
	}
	if got := r.submit(rich(t, "3", s))[0]; got.State != "unreachable" {
		t.Errorf("to nobody: %+v", got)
	}
}

// TestNewNumber: a person who gets another number keeps their messages, and answers from the new one.
func TestNewNumber(t *testing.T) {
	r, server := newMailRig(t)
	s := r.subscriber(0)
	before := r.arrived(s)
	s.Number = "+8613900000001"
	if err := r.o.keep(); err != nil {
		t.Fatal(err)
	}
	if list := r.inbox(s); len(list) != 1 || list[0].ID != before.ID {
		t.Fatalf("%+v", list)
	}
	if status := r.act(s, "reply", answerWire{Message: before.ID, Postback: "deny"}); status != http.StatusOK {
		t.Fatal(status)
	}
	if got := last(server, func() []rcsInbound { return server.inbound }); got.From != s.Number {
		t.Errorf("%+v", got)
	}
}

func TestCapabilities(t *testing.T) {
	r, _ := newMailRig(t)
	off, plain := r.subscriber(0), r.subscriber(1)
	r.device(off, true, false)
	r.device(plain, false, true)
	var got rcsReach
	status := r.post("/rcs/capabilities", rcsNumbers{[]string{off.Number, plain.Number, r.subscriber(2).Number, "+8613900000000", ""}}, &got, "Bearer "+bearer)
	if status != http.StatusOK || !slices.Equal(got.RCS, []bool{true, false, true, false, false}) {
		t.Errorf("%d %v", status, got.RCS)
	}
	if got := r.submit(rich(t, "1", plain))[0]; got.State != "unreachable" {
		t.Errorf("%+v", got)
	}
}

// TestGatewayRefuses who has no token, and what is no message.
func TestGatewayRefuses(t *testing.T) {
	r, _ := newMailRig(t)
	for _, path := range []string{"capabilities", "messages", "queries", "revocations"} {
		for _, token := range []string{"", "Bearer ", "Bearer wrong", "Basic " + bearer, bearer} {
			if status := r.post("/rcs/"+path, struct{}{}, &struct{}{}, token); status != http.StatusUnauthorized {
				t.Errorf("%s with %q: %d", path, token, status)
			}
		}
	}
	if status := r.post("/rcs/messages", []int{1}, &struct{}{}, "Bearer "+bearer); status != http.StatusBadRequest {
		t.Error(status)
	}
	for name, spoil := range map[string]func(*rcsMessage){
		"no id":           func(m *rcsMessage) { m.ID = "" },
		"no sender":       func(m *rcsMessage) { m.Sender.ServiceID = "" },
		"another channel": func(m *rcsMessage) { m.Channel = "sms" },
		"no content":      func(m *rcsMessage) { m.ContentType, m.Body = "application/vnd.gsma.botmessage.v1.0+json", "{" },
	} {
		m := rich(t, "1", r.subscriber(0))
		spoil(&m)
		if got := r.submit(m)[0]; got.State != "rejected" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if list := r.inbox(r.subscriber(0)); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

// TestTornJournal: a kill in the middle of a line loses that line alone.
func TestTornJournal(t *testing.T) {
	r, _ := newMailRig(t)
	r.submit(rich(t, "1", r.subscriber(0)))
	r.until(func() bool { return r.state("1") == mailDelivered })
	r.stop()
	path := filepath.Join(r.dir, mailFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, `{"taken":{"id":"inb_`...), 0o600); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.submit(rich(t, "2", r.subscriber(0)))
	r.until(func() bool { return r.state("2") == mailDelivered })
	r.stop()
	r.start()
	if list := r.inbox(r.subscriber(0)); len(list) != 2 {
		t.Errorf("%+v", list)
	}
	r.stop()
	if err := os.WriteFile(path, []byte("[]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openMail(r.dir, time.Now, nil); err == nil {
		t.Error("a damaged journal is read as if it were empty")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	r.start()
}
