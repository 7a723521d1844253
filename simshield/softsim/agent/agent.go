package agent

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"simtrust/simshield/bip/session"
	"simtrust/simshield/softsim/handset"
)

// Config is what an agent needs.
type Config struct {
	// URL is where sessions begin; with ?wait=SECONDS the server answers when it has something.
	URL *url.URL
	// ICCID is the card's.
	ICCID string
	// Client has more time than the server may wait. It is made not to follow redirects.
	Client *http.Client
	// Deliver hands an SMS-DELIVER to the card: handset.Phone's.
	Deliver func(tpdu []byte) (handset.Report, error)
	// Now is the time that the card learns, which has no clock.
	Now func() time.Time
	// Every is how soon it asks again when the server had nothing, refused, or was away, and when the card was busy; 0: a second.
	Every time.Duration
}

// Agent is the agent of one card. Submit is safe to call beside Run.
type Agent struct {
	Config
	card   courier
	outbox outbox
	resume bool // the last request was not answered
}

// New returns an agent.
func New(c Config) *Agent {
	if c.Every == 0 {
		c.Every = time.Second
	}
	client := *c.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.Client = &client
	return &Agent{Config: c, outbox: newOutbox(), card: courier{deliver: c.Deliver, now: c.Now}}
}

// Submit takes an SMS-SUBMIT of the card, and says whether it was the last one of an answer, which is then kept until the server has taken
// it.
func (a *Agent) Submit(tpdu []byte) (complete bool, err error) { return a.outbox.submit(tpdu, a.Now()) }

// Run holds session after session until ctx ends, and returns its error.
func (a *Agent) Run(ctx context.Context) error {
	next := a.URL
	for ctx.Err() == nil {
		next = a.turn(ctx, next)
	}
	return ctx.Err()
}

// turn makes one request and does what follows from it; it returns where the next request goes. Where nothing came of it, it takes its
// time, unless the card has an answer meanwhile.
func (a *Agent) turn(ctx context.Context, to *url.URL) *url.URL {
	pause := time.NewTimer(a.Every)
	defer pause.Stop()
	response, further := a.outbox.next()
	got, err := a.ask(ctx, to, response, further)
	if errors.Is(err, errInterrupted) {
		return to
	}
	refused := errors.Is(err, errRefused)
	if a.resume = err != nil && !refused; a.resume {
		further = nil // what cannot be brought now is no reason to hurry
	} else if response != nil {
		a.outbox.drop()
	}
	if err == nil && a.progress(got, response) {
		return a.follow(got.Next)
	}
	select {
	case <-ctx.Done():
	case <-pause.C:
	case <-further:
	}
	if a.resume {
		return to
	}
	return a.follow(got.Next)
}

// progress gives the card what came, and reports whether anything came of the request.
func (a *Agent) progress(got session.Answer, response []byte) bool {
	a.card.refused = false // the server knows
	if got.Packet == nil {
		return response != nil
	}
	answer := a.card.hand(got.Packet)
	if answer != nil {
		a.outbox.precede(answer)
	}
	return answer != nil
}

// follow resolves the URI of the next request: no other server learns of the card. Without one the next session begins.
func (a *Agent) follow(next string) *url.URL {
	to, err := a.URL.Parse(next)
	if next == "" || err != nil || to.Scheme != a.URL.Scheme || to.Host != a.URL.Host {
		return a.URL
	}
	return to
}
