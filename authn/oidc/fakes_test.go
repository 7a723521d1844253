package oidc_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"simtrust"
	"simtrust/authn"
	"simtrust/renumber"
)

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// logs is what was logged.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.text.Write(p) }

func (l *logs) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.text.String() }

func (l *logs) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// lineHeader tells the fake network which line a request comes over; without it, over none.
const lineHeader = "X-Test-Line"

// lines is the network and the record of tenures.
type lines struct {
	mu       sync.Mutex
	sessions map[string]authn.Located
	holdings map[simtrust.TenureID]renumber.Holding
	doubts   map[simtrust.Number]time.Time
	down     bool
}

func (l *lines) Locate(_ context.Context, r *http.Request) (authn.Located, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.sessions[r.Header.Get(lineHeader)]
	switch {
	case l.down:
		return authn.Located{}, errAway
	case !ok:
		return authn.Located{}, &simtrust.Error{Kind: simtrust.KindDenied, Reason: authn.ReasonNoSession}
	}
	return at, nil
}

func (l *lines) Doubted(_ context.Context, n simtrust.Number, since time.Time) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.doubts[n]
	return ok && !at.Before(since), nil
}

func (l *lines) Live(_ context.Context, ids []simtrust.TenureID) (map[simtrust.TenureID]renumber.Holding, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return nil, errAway
	}
	live := map[simtrust.TenureID]renumber.Holding{}
	for _, id := range ids {
		if h, ok := l.holdings[id]; ok {
			live[id] = h
		}
	}
	return live, nil
}

var errAway = &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: "away"}

// attach gives a line a new holder with a session of its own.
func (l *lines) attach(line, number string, since time.Time) authn.Located {
	n, err := simtrust.ParseNumber(number)
	if err != nil {
		panic(err)
	}
	at := authn.Located{
		Tenure: simtrust.NewTenureID(), Number: n, IMSI: "46000" + line, Session: "ses-" + line, Method: authn.MethodRADIUS, Since: since,
		SIMRecorded: since,
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions[line] = at
	l.holdings[at.Tenure] = renumber.Holding{
		Tenure: simtrust.Tenure{ID: at.Tenure, Number: n, Opened: since}, SIMChanged: since, SIMChangedRecorded: since,
		SIMs: []renumber.SIM{{IMSI: at.IMSI, Primary: true, Since: since}},
	}
	return at
}

func (l *lines) change(f func()) { l.mu.Lock(); defer l.mu.Unlock(); f() }

func (l *lines) holding(id simtrust.TenureID, f func(*renumber.Holding)) {
	l.change(func() {
		h := l.holdings[id]
		f(&h)
		l.holdings[id] = h
	})
}

// tenure is the one on a line now.
func (l *lines) tenure(line string) simtrust.TenureID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sessions[line].Tenure
}
