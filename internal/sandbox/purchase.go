package sandbox

import (
	"context"
	"fmt"
	"slices"

	"simtrust/internal/rpc"
)

// partyLink says whose requests a chatbot may carry.
type partyLink struct {
	Chatbot string `path:"chatbot" json:"-"`
	Party   string `path:"party" json:"-"`
}

// openPurchases lets the bank's chatbot carry what the bank signs. Again changes nothing.
func (o *operator) openPurchases(ctx context.Context) error {
	chatbot := slices.IndexFunc(o.world.Chatbots, func(c *Chatbot) bool { return c.Name == "bank" })
	party := slices.IndexFunc(o.world.Clients, func(c Client) bool { return c.Name == "bank" })
	if chatbot < 0 || party < 0 {
		return nil
	}
	_, err := rpc.Call[partyLink, struct{}](o.admin, "PUT /messaging/v1/chatbots/{chatbot}/parties/{party}")(ctx,
		partyLink{o.world.Chatbots[chatbot].ID, o.world.Clients[party].ClientID})
	if err != nil {
		return fmt.Errorf("sandbox: linking the bank's chatbot to the bank: %w", err)
	}
	return nil
}
