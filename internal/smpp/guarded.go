package smpp

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime/debug"
)

// errPanic is what a request comes to whose handler panicked.
var errPanic = errors.New("smpp: panic")

// guarded has a panic cost the request that it was about, and nobody else's session.
type guarded struct {
	Handler
	log *slog.Logger
}

func (g guarded) Handle(ctx context.Context, from *Session, request PDU) (answer PDU, err error) {
	defer func() {
		if logged(g.log, recover()) {
			answer, err = nil, errPanic
		}
	}()
	answer, err = g.Handler.Handle(ctx, from, request)
	if f, ok := answer.(Followed); ok {
		answer = Followed{f.PDU, func() {
			defer func() { logged(g.log, recover()) }()
			f.By()
		}}
	}
	return answer, err
}

// guardedAuthenticator has a panic refuse the bind that it was about.
type guardedAuthenticator struct {
	Authenticator
	log *slog.Logger
}

func (g guardedAuthenticator) Authenticate(ctx context.Context, b *Bind, from net.Addr) (err error) {
	defer func() {
		if logged(g.log, recover()) {
			err = errPanic
		}
	}()
	return g.Authenticator.Authenticate(ctx, b, from)
}

// logged reports whether there was a panic.
func logged(log *slog.Logger, v any) bool {
	if v == nil {
		return false
	}
	log.Error("smpp: panic", slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
	return true
}
