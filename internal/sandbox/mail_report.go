package sandbox

import (
	"context"
	"slices"
	"time"
)

const (
	reportBatch = 500
	reportFirst = 100 * time.Millisecond // until a report is repeated; then twice as long, up to reportLast
	reportLast  = 2 * time.Second
)

// news is a message as it was when somebody is told of it.
type news struct {
	*message
	now fate
	// unheard is when it arrived, where it has been seen since and nobody was told of either; zero: there is no such thing to tell.
	unheard time.Time
}

// reporter tells the client of one gateway what has become of its messages, again and again until it knows.
type reporter struct {
	mail *mail
	// mine picks the gateway's messages.
	mine func(*message) bool
	// tell passes states on, and returns those that need not be told again.
	tell func(context.Context, []news) ([]news, error)
}

// run reports until ctx ends.
func (r *reporter) run(ctx context.Context) {
	wait := reportFirst
	for ctx.Err() == nil {
		changed := r.mail.changes()
		list := r.mail.untoldOf(r.mine)
		if len(list) == 0 {
			select {
			case <-ctx.Done():
			case <-changed:
			}
			continue
		}
		known, err := r.tell(ctx, list)
		if kept := r.mail.tell(known); kept != nil {
			r.mail.log.Error("reports of the sandbox cannot be kept", "error", kept)
		}
		if err == nil {
			wait = reportFirst
			continue
		}
		_ = pause(ctx, wait) // ended by ctx
		wait = min(2*wait, reportLast)
	}
}

// untoldOf lists what a gateway's client does not know yet, oldest first.
func (m *mail) untoldOf(mine func(*message) bool) []news {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []news
	for _, msg := range m.untold {
		if mine(msg) {
			out = append(out, msg.asNews())
		}
	}
	slices.SortFunc(out, func(a, b news) int { return a.now.At.Compare(b.now.At) })
	return out[:min(len(out), reportBatch)]
}

func (msg *message) asNews() news {
	n := news{message: msg, now: msg.fate}
	if msg.State == mailDisplayed && msg.told == "" {
		n.unheard = msg.arrived
	}
	return n
}

// tell writes down that somebody knows.
func (m *mail) tell(known []news) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var entries []entry
	for _, n := range known {
		entries = append(entries, entry{Told: &telling{n.ID, n.now.State}})
	}
	return m.write(entries...)
}
