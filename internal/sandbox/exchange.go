package sandbox

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"simtrust/internal/rpc"
)

// exchange is how business messages reach the phones: the operator's gateways, what they hold, and the inboxes.
type exchange struct {
	mail  *mail
	rcs   *rcs
	smsc  *smsc
	inbox *inbox
	// wallets are what people got that way.
	wallets *wallets

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
	wallets, err := openWallets(c.Dir)
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	x := &exchange{mail: m, wallets: wallets, rcs: newRCS(m, server), smsc: newSMSC(m, c.SMSC), inbox: newInbox(m, h.known, server), stop: func() {}}
	x.inbox.text = x.smsc.write
	return x, nil
}

// start brings messages to the phones, and reports to their senders.
func (x *exchange) start(texts net.Listener, log *slog.Logger) {
	var ctx context.Context
	ctx, x.stop = context.WithCancel(context.Background())
	x.work.Go(func() { x.mail.run(ctx) })
	x.work.Go(func() { x.rcs.reporter().run(ctx) })
	x.work.Go(func() { x.smsc.reporter().run(ctx) })
	x.work.Go(func() {
		if err := x.smsc.server.Serve(ctx, texts); err != nil {
			log.Error("the service centre of the sandbox stopped", "error", err)
		}
	})
}

func (x *exchange) routes(mux *http.ServeMux, token string) {
	x.rcs.routes(mux, token)
	x.wallets.routes(mux, token)
	x.inbox.routes(mux)
	x.inbox.pages(mux)
}

// close stops. What is not delivered or not reported yet stays in its file.
func (x *exchange) close() error {
	x.stop()
	x.work.Wait()
	return x.mail.close()
}
