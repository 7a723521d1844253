package app

import (
	"context"
	"fmt"
	"time"

	"simtrust"
	"simtrust/internal/outbox"
	"simtrust/internal/rpc"
	"simtrust/messaging/purchase"
	"simtrust/renumber"
	"simtrust/simshield"
)

// Purchases configures purchases that people confirm in messages. They stand on simshield: without it there are none.
type Purchases struct {
	// SIMAbove is the amount by currency, such as CNY: "1000.00", above which the SIM must confirm where the bank does not say. In a currency
	// that is missing it always must.
	SIMAbove map[string]string `yaml:"sim_above,omitempty"`
}

// wirePurchases builds the door for them.
func (a *App) wirePurchases(m *modules, x *messages, r *rpc.Router, c Purchases) (err error) {
	if m.shield == nil {
		return nil
	}
	zone, err := time.LoadLocation(a.cfg.Renumber.Zone)
	if err != nil {
		return err
	}
	x.purchases, err = purchase.New(purchase.Deps{DB: a.db, Shield: simshield.LocalRelay(r, a.messagingToken), Messages: x.Service,
		Chatbots: purchaseChatbots{owners{x.senders}}, Holders: purchaseHolders{x.holders}, Events: x.events, Signer: a.keys, Log: a.obs.Log, Now: time.Now},
		purchase.Config{Issuer: a.issuer, Zone: zone, Key: a.keys.HMAC("messaging purchases: answers"), SIMAbove: c.SIMAbove})
	if err != nil {
		return fmt.Errorf("messaging.purchases: %w", err)
	}
	x.Install(purchase.Door, x.purchases)
	outbox.On(m.outbox, "messaging purchases", x.purchases.TenureEnded)
	outbox.On(m.outbox, "messaging purchases", x.purchases.SIMChanged)
	return nil
}

// purchaseChatbots are senders as purchases know them.
type purchaseChatbots struct{ owners }

// Known implements purchase.Chatbots.
func (c purchaseChatbots) Known(ctx context.Context, chatbot string) error {
	_, err := c.Chatbot(ctx, chatbot)
	return err
}

// purchaseHolders are the operations of renumber under messaging's credential that answers rest on.
type purchaseHolders struct{ localHolders }

// SIMSince implements purchase.Holders.
func (h purchaseHolders) SIMSince(ctx context.Context, tenure simtrust.TenureID) (time.Time, error) {
	res, err := h.live(ctx, renumber.LiveReq{Tenures: []string{string(tenure)}})
	if err != nil || len(res.Holders) == 0 || !res.Holders[0].Usable {
		return time.Time{}, err
	}
	return res.Holders[0].SIMChanged, nil
}
