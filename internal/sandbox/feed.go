package sandbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"simtrust/internal/rpc"
)

// feedEvent is one line of the operator's number feed.
type feedEvent struct {
	Seq          int64     `json:"seq"`
	Type         string    `json:"type"`
	Number       string    `json:"number"`
	Holder       string    `json:"holder,omitempty"`
	Effective    time.Time `json:"effective"`
	ICCID        string    `json:"iccid,omitempty"`
	IMSI         string    `json:"imsi,omitempty"`
	IMEI         string    `json:"imei,omitempty"`
	To           string    `json:"to,omitempty"`
	User         string    `json:"user,omitempty"`
	Organisation bool      `json:"organisation,omitempty"`
}

type feedBatch struct {
	Source string      `json:"source"`
	Events []feedEvent `json:"events"`
}

type feedAnswer struct {
	Results []struct {
		Seq     int64  `json:"seq"`
		Status  string `json:"status"`
		Reason  string `json:"reason"`
		Message string `json:"message"`
		Tenure  string `json:"tenure"`
	} `json:"results"`
}

const (
	feedSource   = "sandbox-operator"
	feedMaxBatch = 500
)

func (o *operator) send(ctx context.Context, events []feedEvent) ([]string, error) {
	post := rpc.Call[feedBatch, feedAnswer](o.admin, "POST /renumber/v1/feed")
	tenures := make([]string, 0, len(events))
	for batch := range slices.Chunk(events, feedMaxBatch) {
		res, err := post(ctx, feedBatch{Source: feedSource, Events: batch})
		if err != nil {
			return nil, fmt.Errorf("sandbox: number feed: %w", err)
		}
		for _, r := range res.Results {
			if r.Status == "rejected" {
				return nil, &refusal{r.Reason, r.Message}
			}
			tenures = append(tenures, r.Tenure)
		}
	}
	return tenures, nil
}

// seed tells the server of every subscriber of a new world. Its sequence numbers follow from the world alone, so a start that was
// killed half-way repeats the same events and the server knows them again.
func (o *operator) seed(ctx context.Context) error {
	var sims []SIM
	for _, s := range o.world.Subscribers {
		sims = append(sims, s.SIM)
	}
	if err := o.deliverCards(ctx, sims...); err != nil {
		return err
	}
	var events []feedEvent
	current := make([]int, len(o.world.Subscribers))
	for i, s := range o.world.Subscribers {
		for _, p := range s.Previous {
			events = append(events,
				feedEvent{Type: "assign", Number: s.Number, Holder: p.Holder, Effective: p.Since, ICCID: p.ICCID, IMSI: p.IMSI},
				feedEvent{Type: "release", Number: s.Number, Effective: p.Until})
		}
		current[i] = len(events)
		events = append(events, s.assignment())
	}
	for i := range events {
		events[i].Seq = int64(i + 1)
	}
	o.world.FeedSeq = int64(len(events))
	if err := o.world.save(); err != nil {
		return err
	}
	tenures, err := o.send(ctx, events)
	if err != nil {
		return err
	}
	for i, s := range o.world.Subscribers {
		s.Tenure = tenures[current[i]]
	}
	o.world.Seeded = true
	return o.world.save()
}

// refusal is the server's word that a feed event does not fit what it knows.
type refusal struct{ reason, message string }

func (r *refusal) Error() string { return r.reason + ": " + r.message }
