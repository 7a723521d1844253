package smpp

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"
)

// Authenticator decides who may bind.
type Authenticator interface {
	// Authenticate returns nil where the ESME is who it says and may bind in that mode. Otherwise the other side is told the [Status]
	// in the error, and ESME_RBINDFAIL where there is none. What it is told, and when, should not depend on which of system_id and
	// password is wrong: the server sends refusals at a fixed time after the bind, so that the time taken here does not show.
	Authenticate(ctx context.Context, b *Bind, from net.Addr) error
}

// ServerConfig says how a service centre takes connections. A field that is 0 has its default.
type ServerConfig struct {
	// SystemID is the service centre's own name, up to 15 characters, in its responses to binds.
	SystemID string
	Link     Link
	// BindTimeout is how long a connection may take to bind; default 5 s.
	BindTimeout time.Duration
	// RefusalDelay is how long after a bind its refusal is sent; default 1 s, and an Authenticator has that long.
	RefusalDelay time.Duration
	// MaxConnections is how many connections there may be, bound or not; default 1000. MaxPerAddress is how many of one address, of
	// IPv6 one /64 network; default 100. MaxPerSystem is how many one system_id may have bound; default 16. Connections beyond are
	// closed, binds refused with ESME_RBINDFAIL.
	MaxConnections, MaxPerAddress, MaxPerSystem int
	// BindsPerSecond is how many binds one address may try in the long run; default 5, and twice that at once. What is beyond is
	// refused with ESME_RTHROTTLED.
	BindsPerSecond float64
	// Log says who binds and why sessions end; nil: nowhere.
	Log *slog.Logger
}

func (c ServerConfig) withDefaults() ServerConfig {
	c.Link = c.Link.withDefaults()
	c.BindTimeout, c.RefusalDelay = cmp.Or(c.BindTimeout, 5*time.Second), cmp.Or(c.RefusalDelay, time.Second)
	c.MaxConnections, c.MaxPerAddress = cmp.Or(c.MaxConnections, 1000), cmp.Or(c.MaxPerAddress, 100)
	c.MaxPerSystem, c.BindsPerSecond = cmp.Or(c.MaxPerSystem, 16), cmp.Or(c.BindsPerSecond, 5)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Server is a service centre. It is safe for concurrent use.
type Server struct {
	authenticator Authenticator
	handler       Handler
	config        ServerConfig
	gate          *gate
	bound         *registry
}

// NewServer returns a service centre that listens nowhere yet.
func NewServer(a Authenticator, h Handler, config ServerConfig) *Server {
	config = config.withDefaults()
	return &Server{
		authenticator: guardedAuthenticator{a, config.Log}, handler: guarded{h, config.Log}, config: config,
		gate:  newGate(config.MaxConnections, config.MaxPerAddress, config.BindsPerSecond),
		bound: newRegistry(config.MaxPerSystem),
	}
}

// Serve takes connections until ctx ends or the listener fails; a [crypto/tls] listener makes it SMPP over TLS. When ctx ends it closes
// the listener, unbinds the sessions, which takes as long as a response may, and returns nil.
func (v *Server) Serve(ctx context.Context, l net.Listener) error {
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	sessions, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var open sync.WaitGroup
	defer open.Wait()
	for {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // too many files, or the peer went away
			v.config.Log.Warn("smpp: no connection accepted", slog.Any("error", err))
			_ = sleep(ctx, 50*time.Millisecond) // fails only when ctx ends, which ends the loop
			continue
		}
		open.Go(func() { v.serve(ctx, sessions, conn) })
	}
}

// serve has one session from its first to its last octet.
func (v *Server) serve(stopping, ctx context.Context, conn net.Conn) {
	leave, ok := v.gate.enter(conn.RemoteAddr())
	if !ok {
		_ = conn.Close()
		return
	}
	defer leave()
	s := newSession(ctx, conn, v.config.Link, v.handler)
	s.admit = v.admit
	s.start(v.config.BindTimeout)
	select {
	case <-s.Done():
	case <-stopping.Done():
		v.dismiss(s)
	}
	v.bound.remove(s)
	v.config.Log.Info("smpp: session over", slog.String("system_id", s.SystemID()), slog.Any("reason", s.Err()))
}

func (v *Server) dismiss(s *Session) {
	if s.Mode() == 0 {
		s.Close()
		return
	}
	ctx, cancel := context.WithTimeout(s.ctx, v.config.Link.ResponseTimeout)
	defer cancel()
	if err := s.Unbind(ctx); err != nil {
		v.config.Log.Warn("smpp: session not unbound", slog.String("system_id", s.SystemID()), slog.Any("error", err))
	}
}

// admit decides on a bind and, where it is accepted, answers it.
func (v *Server) admit(ctx context.Context, s *Session, h Header, b *Bind) Status {
	arrived := time.Now()
	status := v.decide(ctx, s, b)
	if status == StatusOK {
		s.accept(h, b, v.config.SystemID)
		v.config.Log.Info("smpp: bound", slog.String("system_id", b.SystemID), slog.String("mode", Command(b.Mode).String()))
		return StatusOK
	}
	v.config.Log.Warn("smpp: bind refused", slog.String("status", status.String()))
	_ = sleep(ctx, time.Until(arrived.Add(v.config.RefusalDelay))) // fails only when the session is over
	return status
}

func (v *Server) decide(ctx context.Context, s *Session, b *Bind) Status {
	if !v.gate.bind(s.RemoteAddr(), time.Now()) {
		return StatusThrottled
	}
	bounded, cancel := context.WithTimeout(ctx, v.config.RefusalDelay)
	defer cancel()
	if err := v.authenticator.Authenticate(bounded, b, s.RemoteAddr()); err != nil {
		return statusOf(err, StatusBindFailed)
	}
	if !v.bound.add(b.SystemID, s) {
		return StatusBindFailed
	}
	if ctx.Err() != nil { // the session was over before serve could know that it is here
		v.bound.remove(s)
		return StatusBindFailed
	}
	return StatusOK
}

// Receiving returns the ESMEs that Deliver would find now, by system_id and in order.
func (v *Server) Receiving() []string { return v.bound.receiving() }

// Deliver sends a message or a receipt to an ESME, over its sessions that receive in turn, and returns when the ESME has taken it over.
// Where there is none the error is [ErrNotBound]; else it is as that of [Session.Do].
func (v *Server) Deliver(ctx context.Context, systemID string, m *DeliverSM) error {
	for {
		s := v.bound.receiver(systemID)
		if s == nil {
			return ErrNotBound
		}
		err := s.Deliver(ctx, m)
		if errors.Is(err, ErrUnknown) || !errors.Is(err, ErrClosed) {
			return err
		}
		v.bound.remove(s) // it is over, and the message was not sent
	}
}
