package mobileid

import (
	"context"
	"sync"
)

// polls are those under way on this node, the newest of each session.
type polls struct {
	mu     sync.Mutex
	newest map[string]*poll
}

type poll struct{ stop context.CancelFunc }

func newPolls() *polls { return &polls{newest: map[string]*poll{}} }

// begin ends the older poll of a session and returns a context that ends with ctx, with done, or when a newer one begins.
func (p *polls) begin(ctx context.Context, session string) (waiting context.Context, done func()) {
	waiting, stop := context.WithCancel(ctx)
	mine := &poll{stop}
	p.mu.Lock()
	defer p.mu.Unlock()
	if older := p.newest[session]; older != nil {
		older.stop()
	}
	p.newest[session] = mine
	return waiting, func() {
		stop()
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.newest[session] == mine {
			delete(p.newest, session)
		}
	}
}
