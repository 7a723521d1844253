//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"simtrust/internal/radacct"
)

const gateways = 4

// sessions are those that the accounting listener has acknowledged, in the order of the last acknowledgement.
type sessions struct {
	mu   sync.Mutex
	next int
	list []attached
}

// attached is an address and whether its session is open.
type attached struct {
	ip, number string
	open       bool
	since      time.Time
}

// announce plays a gateway: it opens sessions on fresh addresses and closes every third, until the server is gone.
func (s *sessions) announce(dead context.Context, w world, gateway int, h *history) {
	client, err := radacct.Dial(netip.MustParseAddr("127.0.0.1"), w.RADIUS.Accounting, []byte(w.RADIUS.Secret))
	if err != nil {
		h.fault("gateway: %v", err)
		return
	}
	defer client.Close()
	for i := range 5000 {
		who := w.Subscribers[(i*gateways+gateway)%len(w.Subscribers)]
		req := s.fresh(who)
		ip := req.IPv4.String()
		if client.Send(dead, req) != nil {
			return // unknown: nothing is expected of it
		}
		if i%3 != 0 {
			s.add(attached{ip, who.Number, true, time.Now()})
			continue
		}
		req.Status = radacct.Stop
		if client.Send(dead, req) != nil {
			return
		}
		s.add(attached{ip, who.Number, false, time.Now()})
	}
}

// fresh is the Start of a session on an address that no other has.
func (s *sessions) fresh(who subscriber) radacct.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	return radacct.Request{
		Status: radacct.Start, SessionID: random(), CallingStationID: strings.TrimPrefix(who.Number, "+"), IMSI: who.IMSI,
		IPv4: netip.AddrFrom4([4]byte{127, 2, byte(s.next / 250), byte(s.next%250 + 1)}),
	}
}

func (s *sessions) add(a attached) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, a)
}

// lately is how many sessions are looked at after each kill, none that has not been heard of for so long that it may count as gone.
const (
	lately      = 400
	sessionLife = 100 * time.Second
)

// check asks for a code at the addresses acknowledged last: an acknowledged Start authenticates its number, an acknowledged Stop
// nobody.
func (s *sessions) check(a app, from *phones, h *history) {
	parallel(s.list[max(0, len(s.list)-lately):], func(at attached) {
		code, v, err := a.tryAuthorize(from.of(at.ip), newFlow(callback))
		for try := 0; v == unknown && try < triesAgain; try++ {
			<-time.After(triesAfter)
			code, v, err = a.tryAuthorize(from.of(at.ip), newFlow(callback))
		}
		switch {
		case at.open && time.Since(at.since) > sessionLife:
		case at.open && code == "":
			h.fault("the session on %s is lost: %v", at.ip, err)
		case !at.open && (err == nil || !strings.Contains(err.Error(), "access_denied")):
			h.fault("the session on %s is back: %v", at.ip, err)
		}
	})
}

const feedBatchSize = 20

// feed is the operator's number feed of one source, and how much of it the server has acknowledged.
type feed struct {
	sent         [][]map[string]any
	acknowledged int // batches
}

func feedNumber(seq int) string { return fmt.Sprintf("+86136%08d", seq) }

// send sends batches until the server is gone. One that was not acknowledged is sent again first.
func (f *feed) send(dead context.Context, a app, token string, h *history) {
	for range 100 {
		if dead.Err() != nil {
			return
		}
		if f.acknowledged == len(f.sent) {
			f.sent = append(f.sent, f.batch())
		}
		statuses, v, err := a.feed(token, f.sent[f.acknowledged])
		h.note("feed", v, err)
		if v != accepted {
			return
		}
		if statuses["rejected"] > 0 {
			h.fault("feed: %v", statuses)
		}
		f.acknowledged++
	}
}

func (f *feed) batch() []map[string]any {
	events := make([]map[string]any, feedBatchSize)
	for i := range events {
		seq := len(f.sent)*feedBatchSize + i + 1
		events[i] = map[string]any{"seq": seq, "type": "assign", "number": feedNumber(seq), "holder": fmt.Sprint("fed-", seq),
			"effective": time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)}
	}
	return events
}

// check sends every acknowledged batch again: each event is known. And every number shows its holder.
func (f *feed) check(a app, token string, h *history) {
	for _, batch := range f.sent[:f.acknowledged] {
		if statuses, v, err := a.feed(token, batch); v != accepted || statuses["duplicate"] != feedBatchSize {
			h.fault("resent batch: %s %v %v", v, statuses, err)
		}
	}
	parallel(f.sent[:f.acknowledged], func(batch []map[string]any) {
		number := batch[0]["number"].(string)
		var got struct {
			Tenures []struct {
				Holder string `json:"holder"`
			} `json:"tenures"`
		}
		v, err := a.admin("/renumber/v1/show", token, map[string]string{"number": number}, &got)
		if v != accepted || len(got.Tenures) != 1 || got.Tenures[0].Holder != batch[0]["holder"] {
			h.fault("show: %s %v %v", v, got, err)
		}
	})
}

// feed sends one batch and counts the statuses of its events.
func (a app) feed(token string, events []map[string]any) (map[string]int, verdict, error) {
	var got struct {
		Results []struct {
			Status string `json:"status"`
		} `json:"results"`
	}
	v, err := a.admin("/renumber/v1/feed", token, map[string]any{"source": "hr", "events": events}, &got)
	statuses := map[string]int{}
	for _, r := range got.Results {
		statuses[r.Status]++
	}
	return statuses, v, err
}

func (a app) admin(path, token string, body, into any) (verdict, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return odd, err
	}
	req, err := a.apiRequest(http.MethodPost, path, token, string(text))
	if err != nil {
		return odd, err
	}
	return send(a.http, req, into, new(any), func(int) bool { return false })
}
