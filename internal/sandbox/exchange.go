package sandbox

import (
	"context"
	"net/http"
	"sync"

	"simtrust/internal/rpc"
)

// exchange is how business messages reach the phones: the operator's gateways, what they hold, and the inboxes.
type exchange struct {
	mail  *mail
	rcs   *rcs
	inbox *inbox

	stop context.CancelFunc
	work sync.WaitGroup
}

// openExchange opens what an earlier run left. Nothing reaches a phone before start.
func openExchange(c Config, h *handsets) (*exchange, error) {
	m, err := openMail(c.Dir, clock(c.Now), c.Log)
	if err != nil {
		return nil, err
	}
	server := rpc.NewClient(c.Issuer, manyAtOnce, c.AdminToken, rpc.Breaker(centerFailures, centerFirst))
	m.phone, m.verify = h.standing, statements(server)
	return &exchange{mail: m, rcs: newRCS(m, server), inbox: newInbox(m, h.known, server), stop: func() {}}, nil
}

// start brings messages to the phones, and reports to their senders.
func (x *exchange) start() {
	var ctx context.Context
	ctx, x.stop = context.WithCancel(context.Background())
	x.work.Go(func() { x.mail.run(ctx) })
	x.work.Go(func() { x.rcs.reporter().run(ctx) })
}

func (x *exchange) routes(mux *http.ServeMux, token string) {
	x.rcs.routes(mux, token)
	x.inbox.routes(mux)
	x.inbox.pages(mux)
}

// close stops. What is not delivered or not reported yet stays in its file.
func (x *exchange) close() error {
	x.stop()
	x.work.Wait()
	return x.mail.close()
}
