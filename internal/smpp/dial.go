package smpp

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"time"
)

// ClientConfig says how an ESME binds.
type ClientConfig struct {
	// Address is the service centre's, host:port.
	Address string
	// Dial connects; nil: by TCP to Address. A [crypto/tls.Dialer] makes it SMPP over TLS.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Bind is sent first; InterfaceVersion is filled in where it is 0, and Mode with [Transceiver].
	Bind Bind
	Link Link

	// A [Client] waits between two attempts, at first about MinBackoff, default 1 s, then twice as long each time up to MaxBackoff,
	// default 1 min.
	MinBackoff, MaxBackoff time.Duration
	// A [Client] that is throttled waits MinThrottle, default 100 ms, then twice as long each time up to MaxThrottle, default 10 s.
	MinThrottle, MaxThrottle time.Duration
	// Log says when a [Client] is bound and why it no longer is; nil: nowhere.
	Log *slog.Logger
}

func (c ClientConfig) withDefaults() ClientConfig {
	c.Link = c.Link.withDefaults()
	c.Bind.Mode = cmp.Or(c.Bind.Mode, Transceiver)
	c.Bind.InterfaceVersion = cmp.Or(c.Bind.InterfaceVersion, Version34)
	c.MinBackoff, c.MaxBackoff = cmp.Or(c.MinBackoff, time.Second), cmp.Or(c.MaxBackoff, time.Minute)
	c.MinThrottle, c.MaxThrottle = cmp.Or(c.MinThrottle, 100*time.Millisecond), cmp.Or(c.MaxThrottle, 10*time.Second)
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Dial connects to a service centre and binds. Both end with ctx if it ends before they are done, and the bind with the response
// timeout. The error is the connection's, or the [Status] of a bind that was refused. A nil handler refuses whatever the service centre
// sends.
func Dial(ctx context.Context, h Handler, config ClientConfig) (*Session, error) {
	return dial(ctx, h, config.withDefaults())
}

func dial(ctx context.Context, h Handler, config ClientConfig) (*Session, error) {
	conn, err := config.Dial(ctx, "tcp", config.Address)
	if err != nil {
		return nil, err
	}
	if h == nil {
		h = HandlerFunc(refuseAll)
	}
	s := newSession(context.WithoutCancel(ctx), conn, config.Link, guarded{h, config.Log})
	s.systemID.Store(&config.Bind.SystemID)
	s.start(config.Link.ResponseTimeout + time.Second)
	if _, err := s.call(ctx, &config.Bind); err != nil {
		s.end(err)
		return nil, err
	}
	return s, nil
}

func refuseAll(context.Context, *Session, PDU) (PDU, error) {
	return nil, StatusReceiverPermanentFailure
}
