package ca_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/cryptotest"
	"time"

	"simtrust"
	"simtrust/ca"
)

// TestTwoNodes issue at once on one store: all serial numbers differ, and a request made twice yields one certificate.
func TestTwoNodes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.config.Node = 2
		nodes := []*ca.Service{w.Service, w.node()}
		same := w.server("same.example")
		same.RequestKey = "order-1"
		var mu sync.Mutex
		signed := map[string]bool{}
		w.key("service-p256-2026").tamper = func(digest []byte) { // where the store had a transaction run again, nothing is signed again
			mu.Lock()
			defer mu.Unlock()
			if signed[string(digest)] {
				t.Error("signed twice")
			}
			signed[string(digest)] = true
		}
		ids, raws := map[string]bool{}, map[string]bool{}
		var wait sync.WaitGroup
		for i := range 24 {
			req := w.server("a.example")
			wait.Go(func() {
				c, err := nodes[i%2].Issue(t.Context(), req)
				mu.Lock()
				defer mu.Unlock()
				if err != nil || ids[c.ID] || c.Serial[0] != byte(1+i%2) {
					t.Errorf("%s: %v", c.ID, err)
				}
				ids[c.ID] = true
			})
			wait.Go(func() {
				c, err := nodes[i%2].Issue(t.Context(), same)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					raws[string(c.Raw)] = true
				case simtrust.ReasonOf(err) != ca.ReasonInProgress:
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if len(ids) != 24 || len(raws) != 1 {
			t.Errorf("%d serials, %d certificates of one request", len(ids), len(raws))
		}
		if err := w.VerifyAudit(t.Context(), nil); err != nil {
			t.Error(err)
		}
	})
}

// TestSlowKey has a key that signs for one only when eight wait: neither the store nor another request is held up by a slow token.
func TestSlowKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const callers = 8
		var arrived sync.WaitGroup
		arrived.Add(callers)
		all := make(chan struct{})
		go func() { arrived.Wait(); close(all) }()
		w.key("service-p256-2026").at(func() error {
			arrived.Done()
			select {
			case <-all:
				return nil
			case <-time.After(time.Minute):
				return errors.New("the others do not come")
			}
		}, nil)
		var wait sync.WaitGroup
		for range callers {
			req := w.server("a.example")
			wait.Go(func() {
				if _, err := w.Issue(t.Context(), req); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	})
}

// TestSerialNumberTwice has two nodes, that were given the same number, draw the same serial number: the second signs nothing.
func TestSerialNumberTwice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first, second := w.server("a.example"), w.server("b.example")
		issue := func(node *ca.Service, req ca.IssueReq) (c ca.Certificate, err error) {
			t.Run(req.SANs.DNS[0], func(t *testing.T) {
				cryptotest.SetGlobalRandom(t, 7)
				c, err = node.Issue(t.Context(), req)
			})
			return c, err
		}
		other := w.node()
		issued, err := issue(w.Service, first)
		if err != nil {
			t.Fatal(err)
		}
		w.key("service-p256-2026").at(func() error { t.Error("signed"); return nil }, nil)
		if c, err := issue(other, second); err == nil || !strings.Contains(err.Error(), "a serial number was taken") {
			t.Errorf("%s and %s: %v", issued.ID, c.ID, err)
		}
		if c := w.only(); !bytes.Equal(c.Raw, issued.Raw) {
			t.Errorf("%+v", c)
		}
		w.wantAudit(t, ca.AuditSigning, ca.AuditIssued)
	})
}
