package maap

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"simtrust"
	"simtrust/internal/panics"
	"simtrust/messaging/dispatch"
)

// Rich is the channel of this bearer.
const Rich dispatch.Channel = "rcs"

// platform is an account as it is sent by.
type platform interface {
	// reach says which numbers it reaches, at their places.
	reach(ctx context.Context, to []simtrust.Number) ([]bool, error)
	// letter writes a copy as the platform takes it. The error is of kind invalid where it cannot be said there.
	letter(s dispatch.Submission, id string, now time.Time) (letter, error)
	// post hands it over.
	post(ctx context.Context, to simtrust.Number, l letter) dispatch.Outcome
	// takeBack asks a copy back; what became of that is reported.
	takeBack(ctx context.Context, to simtrust.Number, id string) error
}

// letter is a copy as a platform takes it.
type letter struct {
	id   string
	body []byte
	// ends is when the platform takes it back by itself; zero: it does not.
	ends time.Time
}

// Bearer sends by accounts, and for chatbots that have none by the gateway. Its methods are safe for concurrent use.
type Bearer struct {
	Deps
	accounts map[string]Account // by name
	out      map[string]way     // by the service id of the chatbot
}

// way is how a chatbot's messages go out.
type way struct {
	account string
	platform
	rest *dispatch.Rest // of the platform
}

var _ dispatch.Bearer = (*Bearer)(nil)

// New returns the bearer over a migrated store. An account that cannot be used is an error, as are two of one name, and two that send for
// one chatbot.
func New(d Deps, accounts ...Account) (*Bearer, error) {
	client := *d.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // no other address learns of messages
	d.Client = &client
	b := &Bearer{Deps: d, accounts: map[string]Account{}, out: map[string]way{}}
	s, err := newSafe(d.DB, d.Key)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if err := b.add(a, s); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *Bearer) add(a Account, s safe) error {
	if err := a.check(); err != nil {
		return err
	}
	if _, taken := b.accounts[a.Name]; taken {
		return fmt.Errorf("%s: two accounts have this name", a.Name)
	}
	b.accounts[a.Name] = a
	if !a.sends() {
		return nil
	}
	if _, taken := b.out[a.Chatbot]; taken {
		return fmt.Errorf("%s: another account sends for the same chatbot; leave out the url of one", a.Name)
	}
	w := way{account: a.Name, rest: &dispatch.Rest{}}
	if a.RBM != nil {
		w.platform = newGoogle(b.Client, *a.RBM, b.Now)
	} else {
		w.platform = newChina(b.Deps, s, a)
	}
	b.out[a.Chatbot] = w
	return nil
}

// Sends reports whether there is a way for anybody's messages.
func (b *Bearer) Sends() bool { return b.Gateway != nil || len(b.out) > 0 }

// atOnce is how many requests of one call are under way.
const atOnce = 32

// each does something for every place of a list, several at once. A panic is logged and costs its own place only.
func (b *Bearer) each(ctx context.Context, n int, do func(i int)) {
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i := range n {
		g.Go(func() error {
			if err := panics.Contained(func() error { do(i); return nil }); err != nil {
				b.Log.ErrorContext(ctx, "a copy for a platform could not be worked on", "error", err)
			}
			return nil
		})
	}
	_ = g.Wait()
}

// pruneTime is how often what nobody asks about any more is removed.
const pruneTime = time.Hour

// Run does that until ctx ends.
func (b *Bearer) Run(ctx context.Context) error {
	tick := time.NewTicker(pruneTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := b.Prune(ctx); err != nil && ctx.Err() == nil {
				b.Log.WarnContext(ctx, "old ids of platforms cannot be removed", "error", err)
			}
		}
	}
}

// Prune removes copies that nobody asks about any more, and nonces that no callback can bring again.
func (b *Bearer) Prune(ctx context.Context) error {
	now := b.Now()
	return prune(ctx, b.DB, now, now.Add(-nonceTime))
}
