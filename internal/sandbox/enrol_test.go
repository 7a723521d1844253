package sandbox

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/simshield/applet"
)

// registrar plays the server's registrations: each asks the card for one key, and is done when the card answers.
type registrar struct {
	r    *rig
	s    *Subscriber
	mu   sync.Mutex
	asks []registration
	// open is one that an earlier run left; it ends when the person refuses.
	open  bool
	state string
	err   error
	// absent is how many registrations more end as if the phone had not been heard.
	absent int
}

func (g *registrar) counter() *counter { return &counter{register: g.register, status: g.status} }

func (g *registrar) register(_ context.Context, in registration) (registered, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.err != nil:
		return registered{}, g.err
	case g.open:
		return registered{}, &simtrust.Error{Kind: simtrust.KindConflict, Reason: "registration_open"}
	}
	if g.absent > 0 {
		g.absent--
		return registered{ID: "reg_absent", State: "open", Code: "12345678"}, nil
	}
	g.asks, g.state = append(g.asks, in), "open"
	id := byte(len(g.asks))
	g.r.ask(g.s, applet.Enrol{ID: applet.ID{id}, Kind: applet.KindLogin, Algorithm: applet.P256, Party: "示例银行"})
	go g.finish("done", "87654321")
	return registered{ID: "reg_1", State: "open", Code: "87654321"}, nil
}

// finish ends a registration with the card's answer.
func (g *registrar) finish(state, code string) {
	answer := g.r.answered(g.s)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open, g.state = false, state
	if state == "done" && (answer.Result != applet.Enrolled || answer.Enrolment.Code != code) {
		g.state = "failed"
	}
}

func (g *registrar) status(_ context.Context, r registrationID) (registered, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.ID == "reg_absent" {
		return registered{ID: r.ID, State: "failed", Cause: "phone_absent"}, nil
	}
	return registered{ID: "reg_1", State: g.state, Cause: "wrong_code"}, nil
}

// TestEnrolment: the counter registers the person for every applet, and the person enters code and PIN.
func TestEnrolment(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	g := &registrar{r: r, s: s}
	if err := g.counter().enrol(t.Context(), s, r.o.handsets.phone(s.SIM)); err != nil {
		t.Fatal(err)
	}
	if len(g.asks) != 2 {
		t.Fatalf("%d registrations", len(g.asks))
	}
	bank, eid := g.asks[0], g.asks[1]
	if bank.Application != "bank" || !slices.Equal(bank.Kinds, []string{"login", "document", "transaction"}) || bank.Subject.Surname != "" ||
		bank.Subject.CommonName != s.Surname+s.GivenName || bank.PhoneNumber != s.Number || bank.NationalID != s.NationalID || bank.Identified != "counter" {
		t.Errorf("%+v", bank)
	}
	if eid.Application != "eid" || !slices.Equal(eid.Kinds, bank.Kinds) || eid.Subject.Surname != s.Surname || eid.Subject.Country != "CN" {
		t.Errorf("%+v", eid)
	}
}

// TestEnrolmentAfterAKill: nobody knows the code of what an earlier run left open. The person refuses it, and it begins anew.
func TestEnrolmentAfterAKill(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	s.Unenrolled = []string{"bank"}
	g := &registrar{r: r, s: s, open: true}
	r.ask(s, applet.Enrol{ID: applet.ID{99}, Kind: applet.KindLogin, Algorithm: applet.P256, Party: "示例银行"})
	go g.finish("failed", "")
	if err := g.counter().enrol(t.Context(), s, r.o.handsets.phone(s.SIM)); err != nil {
		t.Fatal(err)
	}
	if len(g.asks) != 1 {
		t.Errorf("%d registrations", len(g.asks))
	}
}

// TestEnrolmentAfterAStall: a phone that was not heard in time is asked again.
func TestEnrolmentAfterAStall(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	g := &registrar{r: r, s: s, absent: 2}
	if err := g.counter().enrol(t.Context(), s, r.o.handsets.phone(s.SIM)); err != nil {
		t.Fatal(err)
	}
	if len(g.asks) != 2 || g.absent != 0 {
		t.Errorf("%d registrations, and %d left to end as absent", len(g.asks), g.absent)
	}
}

// TestEnrolmentsThatFail are reported, without the number.
func TestEnrolmentsThatFail(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	p := r.o.handsets.phone(s.SIM)
	away := &registrar{r: r, s: s, err: errors.New("the server is away")}
	if err := away.counter().enrol(t.Context(), s, p); !errors.Is(err, away.err) {
		t.Error(err)
	}
	refusing := &counter{
		register: func(context.Context, registration) (registered, error) { return registered{ID: "reg_1"}, nil },
		status:   (&registrar{state: "failed"}).status,
	}
	if err := refusing.enrol(t.Context(), s, p); err == nil || !strings.Contains(err.Error(), "wrong_code") || strings.Contains(err.Error(), s.Number) {
		t.Error(err)
	}
	brief, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	endless := &counter{register: refusing.register, status: (&registrar{state: "open"}).status}
	if err := endless.enrol(brief, s, p); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// TestWhoIsEnrolled: the first hundred of a world; nobody who comes later, and no card that is replaced.
func TestWhoIsEnrolled(t *testing.T) {
	w, err := openWorld(t.TempDir(), enrolled+1)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range w.Subscribers {
		if want := i < enrolled; want != (len(s.Unenrolled) == 2) {
			t.Fatalf("%d: %v", i, s.Unenrolled)
		}
	}
	w.Subscribers[0].replaceSIM()
	if len(w.Subscribers[0].Unenrolled) != 0 || len(newSubscriber(7).Unenrolled) != 0 {
		t.Error("a new card is to be enrolled")
	}
}
