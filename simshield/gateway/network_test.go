package gateway_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"simtrust/simshield/gateway"
)

// network is the bearer: it knows the cards, and does with a message what the test says.
type network struct {
	mu    sync.Mutex
	cards map[string]*simCard // by IMSI
	sent  []gateway.Message
	later map[string][][][]byte // by IMSI: proofs of receipt that the card has sent and the network holds
	tried chan struct{}         // one for each message, after it was brought or not
	does  func(ctx context.Context, n *network, m gateway.Message) (gateway.Delivery, error)
}

func newNetwork() *network {
	return &network{cards: map[string]*simCard{}, later: map[string][][][]byte{}, tried: make(chan struct{}, 1<<16), does: brings}
}

func (n *network) Deliver(ctx context.Context, m gateway.Message) (gateway.Delivery, error) {
	n.mu.Lock()
	n.sent = append(n.sent, m)
	does := n.does
	n.mu.Unlock()
	defer func() { n.tried <- struct{}{} }()
	return does(ctx, n, m)
}

// will says what the network does from now on.
func (n *network) will(f func(ctx context.Context, n *network, m gateway.Message) (gateway.Delivery, error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.does = f
}

// brings gives the message to the card and the card's first answer back; what the card sends later waits.
func brings(_ context.Context, n *network, m gateway.Message) (gateway.Delivery, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	report, later, err := n.cards[m.IMSI].take(m.TPDUs, []byte("done"))
	if later != nil {
		n.later[m.IMSI] = append(n.later[m.IMSI], later)
	}
	return gateway.Delivery{State: gateway.OnPhone, Report: report}, err
}

// says answers without bringing anything.
func says(d gateway.Delivered) func(context.Context, *network, gateway.Message) (gateway.Delivery, error) {
	return func(context.Context, *network, gateway.Message) (gateway.Delivery, error) {
		return gateway.Delivery{State: d}, nil
	}
}

func fails(context.Context, *network, gateway.Message) (gateway.Delivery, error) {
	return gateway.Delivery{}, errors.New("no connection")
}

func (n *network) messages() []gateway.Message {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.sent)
}

// answer takes the oldest proof of receipt of a card off the network.
func (n *network) answer(t testing.TB, c *simCard) [][]byte {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	waiting := n.later[c.personal.IMSI]
	if len(waiting) == 0 {
		t.Fatal("the card has sent nothing")
	}
	n.later[c.personal.IMSI] = waiting[1:]
	return waiting[0]
}
