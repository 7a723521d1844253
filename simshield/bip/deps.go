package bip

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Platform is the over-the-air platform.
type Platform interface {
	// Waiting returns the packet that is on its way to a card, if the card polls, and otherwise nil.
	Waiting(ctx context.Context, iccid string) ([]byte, error)
	// Flying returns the ICCIDs of all cards that poll and to which a packet is on its way.
	Flying(ctx context.Context) ([]string, error)
	// Answer takes a response packet of a card, and returns when what follows is durable. Of kind invalid or denied: nothing follows, and
	// nothing will when it comes again.
	Answer(ctx context.Context, iccid string, packet []byte) error
}

// Deps is what the package stands on.
type Deps struct {
	Platform Platform
	// Client returns the address that a request comes from.
	Client  func(*http.Request) (netip.AddrPort, error)
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// PerMinute is how often an address may ask for a card; 0: 60.
	PerMinute int64
}
