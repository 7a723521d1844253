package mss

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	notifyEvery = time.Second
	// claimed is how long a node has for what it took up; then another may.
	claimed  = time.Minute
	maxTries = 10
)

// Run tells the ends of transactions to the applications that asked to be told, and forgets old ones, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick, clean := time.NewTicker(notifyEvery), time.NewTicker(pruneEvery)
	defer tick.Stop()
	defer clean.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.Notify(ctx); err != nil && ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "applications were not told of ends", "error", err)
			}
		case <-clean.C:
			if err := s.Prune(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "old transactions were not removed", "error", err)
			}
		}
	}
}

// Notify tells what is due to be told.
func (s *Service) Notify(ctx context.Context) error {
	list, err := s.claim(ctx, s.Now(), s.Now().Add(claimed))
	for _, t := range list {
		if err := s.notify(ctx, t); err != nil {
			return err
		}
	}
	return err
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
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.CopyN(io.Discard, res.Body, maxBody) // so that the connection ends in order
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("mss: the application answers %d", res.StatusCode)
	}
	return nil
}
