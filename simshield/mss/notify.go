package mss

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

const (
	notifyEvery = time.Second
	// claimed is how long a node has for what it took up; then another may. After half of it an application is called no more.
	claimed = time.Minute
	// atOnce is how many applications a node calls at once before it takes up more.
	atOnce   = 32
	page     = 100 // transactions taken up at once
	maxTries = 10
)

// Run tells the ends of transactions to the applications that asked to be told, and forgets old ones, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	var calling sync.WaitGroup
	defer calling.Wait()
	tick, clean := time.NewTicker(notifyEvery), time.NewTicker(pruneEvery)
	defer tick.Stop()
	defer clean.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.tell(ctx, &calling); err != nil && ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "applications were not told of ends", "error", err)
			}
		case <-clean.C:
			if err := s.Prune(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "old transactions were not removed", "error", err)
			}
		}
	}
}

// Notify tells what is due to be told, and returns when all that it took up has been tried.
func (s *Service) Notify(ctx context.Context) error {
	var calling sync.WaitGroup
	defer calling.Wait()
	return s.tell(ctx, &calling)
}

// tell takes up what is due, of applications that this node is not at already, and has each of them called beside the others: one that is slow
// keeps nobody but itself waiting.
func (s *Service) tell(ctx context.Context, calling *sync.WaitGroup) error {
	for {
		busy := s.busy.names()
		if len(busy) >= atOnce {
			return nil
		}
		until := s.Now().Add(claimed)
		list, err := s.claim(ctx, busy, s.Now(), until)
		if err != nil || len(list) == 0 {
			return err
		}
		of := map[string][]transaction{}
		for _, t := range list {
			of[t.Party] = append(of[t.Party], t)
		}
		for party, list := range of {
			s.busy.add(party)
			calling.Go(func() {
				defer s.busy.remove(party)
				s.tellOne(ctx, list, until)
			})
		}
	}
}

// tellOne tells an application one end after the other. What there is no time left for is given back. One that fails keeps none of the others.
func (s *Service) tellOne(ctx context.Context, list []transaction, until time.Time) {
	for i, t := range list {
		if !s.Now().Before(until.Add(-claimed / 2)) {
			if err := s.release(ctx, list[i:], until); err != nil {
				s.Log.WarnContext(ctx, "transactions are told of later", "application", t.Party, "error", err)
			}
			return
		}
		if err := s.notify(ctx, t); err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "an application was not told of an end", "transaction", t.ID, "application", t.Party, "error", err)
		}
	}
}

// busy are the applications that a node is calling. The same may be there twice, where two took up what is its.
type busy struct {
	mu sync.Mutex
	of map[string]int
}

func (b *busy) names() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Keys(b.of))
}

func (b *busy) add(party string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of[party]++
}

func (b *busy) remove(party string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of[party]--; b.of[party] == 0 {
		delete(b.of, party)
	}
}

// notify tells the end of a transaction, or says when it is looked at again.
func (s *Service) notify(ctx context.Context, row transaction) error {
	t, err := s.Shield.Transaction(ctx, row.Party, row.ID)
	switch {
	case err != nil:
		return err
	case !t.Final():
		return s.postpone(ctx, row.ID, 0, s.Now().Add(notifyEvery))
	}
	a, err := s.result(ctx, row, t)
	h := header{MajorVersion: text(row.Major), MinorVersion: text(row.Minor), AP: apInfo{ID: row.APID, TransID: row.TransID}}
	r := s.reply(&h, "MSS_Status", a)
	if err != nil {
		f := faultOf(err)
		r.User, r.Status = &mobileUser{row.MSISDN}, statusOf(f.code, f.detail)
	}
	r.TransID = row.ID
	if err := s.call(ctx, row, r); err == nil {
		return s.postpone(ctx, row.ID, row.Tries, time.Time{})
	} else if row.Tries++; row.Tries >= maxTries {
		s.Log.WarnContext(ctx, "an application was not told of an end", "transaction", row.ID, "application", row.Party, "error", err)
		return s.postpone(ctx, row.ID, row.Tries, time.Time{})
	}
	return s.postpone(ctx, row.ID, row.Tries, s.Now().Add(notifyEvery<<row.Tries))
}

// call posts a response to an application.
func (s *Service) call(ctx context.Context, row transaction, r response) error {
	body, err := r.encode(row.SOAP, "MSS_Notification")
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, row.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType(row.SOAP))
	res, err := s.Callbacks.Do(req)
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err // the application's URL may hold a secret, and this is logged
	} else if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.CopyN(io.Discard, res.Body, maxBody) // so that the connection ends in order
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("mss: the application answers %d", res.StatusCode)
	}
	return nil
}
