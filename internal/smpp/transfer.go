package smpp

import (
	"bufio"
	"errors"
	"io"
	"runtime"
	"slices"
	"time"
)

// Reasons for the end of a session.
var (
	errProtocol = errors.New("the other side broke the protocol")
	errSilent   = errors.New("the other side is silent")
	errSlow     = errors.New("the other side does not read")
	errTimeout  = errors.New("the answer took too long")
	errUnbound  = errors.New("unbound")
)

// start runs the session until it ends.
func (s *Session) start(bindTimeout time.Duration) {
	go s.write()
	go s.keep(bindTimeout)
	go s.read()
}

// write sends what is queued, as much as there is at once, and ends the session when the queue is closed.
func (s *Session) write() {
	var spare []byte
	for {
		batch, open := s.queue.take(spare)
		spare = batch // in the queue is the other one now
		switch {
		case len(batch) > 0:
			_ = s.conn.SetWriteDeadline(time.Now().Add(s.link.WriteTimeout)) // fails only on a closed connection, as the write does
			if _, err := s.conn.Write(batch); err != nil {
				s.end(err)
				return
			}
		case open:
			<-s.queue.wake
			runtime.Gosched() // whoever is about to queue something does so first: it goes out with one write
		default:
			s.end(errUnbound)
			return
		}
	}
}

// keep watches the clocks: unanswered requests, a silent peer, a peer that does not bind.
func (s *Session) keep(bindTimeout time.Duration) {
	ticker := time.NewTicker(s.link.tick())
	defer ticker.Stop()
	start := time.Now()
	alive, seen, asked := start, uint64(0), false
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-ticker.C:
		}
		now := time.Now()
		s.calls.expire(now, unknown(errTimeout))
		if n := s.received.Load(); n != seen {
			alive, seen, asked = now, n, false
		}
		silent := now.Sub(alive)
		switch {
		case s.Mode() == 0 && now.Sub(start) >= bindTimeout, silent >= s.link.EnquireInterval+s.link.ResponseTimeout:
			s.end(errSilent)
		case silent >= s.link.EnquireInterval && !asked && s.Mode() != 0:
			asked = true
			_ = s.queue.add(s.calls.number(), StatusOK, Empty(CommandEnquireLink)) // fails only when the session ends
		}
	}
}

// read takes packets until the connection or the protocol breaks.
func (s *Session) read() {
	r := bufio.NewReaderSize(s.conn, 16<<10)
	var long []byte
	for {
		h, body, err := s.packet(r, &long)
		if err != nil {
			s.stop(h, err)
			return
		}
		s.received.Add(1)
		if !s.dispatch(h, body) {
			return
		}
		if len(body) <= r.Size()-HeaderLength {
			_, _ = r.Discard(int(h.Length)) // they are in the buffer
		}
	}
}

// stop ends the session because of what was read: a wrong length is told to the other side first.
func (s *Session) stop(h Header, err error) {
	var wrong *FieldError
	if !errors.As(err, &wrong) {
		s.end(err)
		return
	}
	s.reply(CommandGenericNack, wrong.Status, h.Sequence)
	s.queue.close()
}

// packet returns the header and the body of the next packet, in the reader's buffer or, where that is too small, in long. In the buffer
// it stays until it is discarded.
func (s *Session) packet(r *bufio.Reader, long *[]byte) (Header, []byte, error) {
	head, err := r.Peek(HeaderLength)
	if err != nil {
		return Header{}, nil, err
	}
	h, err := ParseHeader(head, s.maxLength())
	if err != nil {
		return h, nil, err
	}
	if int(h.Length) <= r.Size() {
		octets, err := r.Peek(int(h.Length))
		if err != nil {
			return h, nil, err
		}
		return h, octets[HeaderLength:], nil
	}
	*long = slices.Grow((*long)[:0], int(h.Length))[:h.Length]
	_, err = io.ReadFull(r, *long)
	return h, (*long)[HeaderLength:], err
}

func (s *Session) maxLength() int {
	if s.Mode() == 0 && s.admit != nil {
		return unboundMaxLength
	}
	return s.link.MaxLength
}
