package app

import (
	"time"

	"simtrust/internal/egress"
	"simtrust/internal/outbox"
	"simtrust/messaging/csp"
)

// wireCSP builds the face of the Chinese interface for chatbots, and the form of webhooks that belongs to it.
func (a *App) wireCSP(m *modules, x *messages, zone *time.Location) {
	x.csp = csp.New(csp.Deps{DB: a.db, Messages: x.Service, Talks: x.Service, Files: x.Service, Chatbots: x.senders, Deliveries: x.dispatch, People: x.holders,
		Events: x.events, Out: egress.New(egress.Options{Loopback: a.cfg.Messaging.AllowLoopback}).Client(egress.Manner{Timeout: webhookTime}),
		Log: a.obs.Log, Now: time.Now},
		csp.Config{Root: a.issuer + "/csp", Key: a.keys.HMAC("messaging csp callbacks"), Zone: zone})
	m.closers = append(m.closers, x.csp.Close)
	x.events.Speak(csp.Kind, x.csp.Form())
	outbox.On(m.outbox, "messaging csp", x.csp.ProfileApproved)
}
