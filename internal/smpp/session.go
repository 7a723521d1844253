package smpp

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Session is one connection between an ESME and a service centre, bound or about to be. It is safe for concurrent use.
type Session struct {
	conn    net.Conn
	link    Link
	handler Handler
	// admit decides on a bind; nil at the side that binds.
	admit func(context.Context, *Session, Header, *Bind) Status

	ctx    context.Context // ends with the session
	cancel context.CancelCauseFunc
	ended  sync.Once

	mode     atomic.Uint32 // 0 before the bind
	systemID atomic.Pointer[string]
	received atomic.Uint64 // packets

	window  chan struct{} // holds one entry for each call
	calls   *calls
	serving *serving
	queue   *queue
}

// Handler answers the requests of the other side: submit_sm, data_sm, query_sm, cancel_sm and replace_sm where it is the service
// centre's; deliver_sm, data_sm and alert_notification where it is the ESME's.
type Handler interface {
	// Handle answers a request, whose response is sent when it has returned: what must not be lost is durable by then. It is called
	// for as many requests at once as the window allows. The response is of the type that answers the request; nil stands for an empty
	// one. Of an error the other side sees the [Status] in it; without one, ESME_RSYSERR from a service centre, and from an ESME
	// ESME_RX_T_APPN, which means later. ctx ends with the session. A panic is logged, and
	// counts as an error without a status. See also [Followed].
	Handle(ctx context.Context, from *Session, request PDU) (PDU, error)
}

// Followed is a response of a [Handler] with what is to happen once it is on its way: By is called then. So a receipt that is delivered
// from there over the same session does not overtake the submit_sm_resp that names its message.
type Followed struct {
	PDU
	By func()
}

// HandlerFunc is a function as a [Handler].
type HandlerFunc func(ctx context.Context, from *Session, request PDU) (PDU, error)

// Handle calls f.
func (f HandlerFunc) Handle(ctx context.Context, from *Session, request PDU) (PDU, error) {
	return f(ctx, from, request)
}

func newSession(ctx context.Context, conn net.Conn, link Link, h Handler) *Session {
	s := &Session{
		conn: conn, link: link, handler: h,
		window: make(chan struct{}, link.Window), calls: newCalls(), serving: newServing(link.Window), queue: newQueue(queueLimit),
	}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	return s
}

// Mode returns what the session is bound as; 0 before it is.
func (s *Session) Mode() Mode { return Mode(s.mode.Load()) }

// SystemID returns the name of the ESME that is bound, at both sides; empty before it is.
func (s *Session) SystemID() string {
	if name := s.systemID.Load(); name != nil {
		return *name
	}
	return ""
}

// RemoteAddr returns the address of the other side.
func (s *Session) RemoteAddr() net.Addr { return s.conn.RemoteAddr() }

// Done returns a channel that is closed when the session is over.
func (s *Session) Done() <-chan struct{} { return s.ctx.Done() }

// Err returns why the session is over: an error that is [ErrClosed]; nil before that.
func (s *Session) Err() error {
	if s.ctx.Err() == nil {
		return nil
	}
	return context.Cause(s.ctx)
}

// Close ends the session at once. What has no answer is unknown then; see Unbind.
func (s *Session) Close() { s.end(nil) }

// Do sends a request and returns the answer, which is nil for alert_notification. It waits while the window is full.
//
// An error that is a [Status] says that the other side refused. One that is [ErrUnknown] says that the request left and that no answer
// came: it may have had its effect and is not to be sent again without asking. With any other error nothing was sent: a
// [*FieldError], [ErrClosed], ESME_RINVBNDSTS where the mode does not allow the request, or ctx's.
func (s *Session) Do(ctx context.Context, request PDU) (PDU, error) {
	if !s.Mode().allows(request.Command(), s.admit != nil) {
		return nil, &FieldError{request.Command().String(), StatusInvalidBindStatus}
	}
	if !request.Command().answered() {
		return nil, s.queue.add(s.calls.number(), StatusOK, request)
	}
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer func() { <-s.window }()
	return s.call(ctx, request)
}

// enter takes a place in the window.
func (s *Session) enter(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	select {
	case s.window <- struct{}{}:
		return nil
	default:
	}
	select {
	case s.window <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ctx.Done():
		return s.Err()
	}
}

func (s *Session) call(ctx context.Context, request PDU) (PDU, error) {
	sequence, k, err := s.calls.start(request.Command(), time.Now().Add(s.link.ResponseTimeout))
	if err != nil {
		return nil, err
	}
	defer s.calls.release(k)
	if err := s.queue.add(sequence, StatusOK, request); err != nil {
		if s.calls.take(sequence) == nil {
			<-k.answer
		}
		return nil, err
	}
	select {
	case a := <-k.answer:
		return a.pdu, a.err
	case <-ctx.Done():
	}
	if s.calls.take(sequence) != nil {
		return nil, unknown(ctx.Err())
	}
	a := <-k.answer // it came at the same time
	return a.pdu, a.err
}

func unknown(cause error) error { return fmt.Errorf("%w: %w", ErrUnknown, cause) }

// do is Do for one kind of answer.
func do[Answer PDU](ctx context.Context, via doer, request PDU) (answer Answer, err error) {
	p, err := via.Do(ctx, request)
	if err != nil {
		return answer, err
	}
	return p.(Answer), nil // a call is answered by the response to its command only
}

type doer interface {
	Do(ctx context.Context, request PDU) (PDU, error)
}

// Submit sends a message to the service centre. The error is as that of Do.
func (s *Session) Submit(ctx context.Context, m *SubmitSM) (*SubmitSMResp, error) {
	return do[*SubmitSMResp](ctx, s, m)
}

// Deliver sends a message or a receipt to the ESME, and returns when the ESME has taken it over. The error is as that of Do.
func (s *Session) Deliver(ctx context.Context, m *DeliverSM) error {
	_, err := s.Do(ctx, m)
	return err
}

// Unbind ends the session in order: it waits for the answers of both sides and sends unbind. What the other side asks for meanwhile is
// refused with ESME_RTHROTTLED, so that its requests come to an end. When ctx ends before that, or the other side does not answer, the
// session is over all the same.
func (s *Session) Unbind(ctx context.Context) error {
	defer s.end(nil)
	answered := s.serving.last()
	for range cap(s.window) {
		if err := s.enter(ctx); err != nil {
			return err
		}
	}
	select {
	case <-answered:
	case <-ctx.Done():
		return ctx.Err()
	}
	_, err := s.call(ctx, Empty(CommandUnbind))
	return err
}

// allows holds the table of SMPP 3.4 §2.3: which side may send what to which.
func (m Mode) allows(c Command, fromCentre bool) bool {
	switch c {
	case CommandEnquireLink, CommandUnbind:
		return m != 0
	case CommandDataSM:
		return fromCentre && m.Receives() || !fromCentre && m.Transmits()
	case CommandDeliverSM, CommandAlertNotification:
		return fromCentre && m.Receives()
	case CommandSubmitSM, CommandSubmitMulti, CommandQuerySM, CommandCancelSM, CommandReplaceSM:
		return !fromCentre && m.Transmits()
	default:
		return false
	}
}

// end is the end of the session, for a reason that may be nil.
func (s *Session) end(reason error) {
	s.ended.Do(func() {
		if reason == nil {
			reason = ErrClosed
		} else {
			reason = fmt.Errorf("%w: %w", ErrClosed, reason)
		}
		s.queue.close()
		s.cancel(reason)
		_ = s.conn.Close()
		s.calls.close(unknown(reason))
	})
}
