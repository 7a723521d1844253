package smpp

import (
	"errors"
	"time"
)

// dispatch deals with a packet. It returns false when no other is to be read.
func (s *Session) dispatch(h Header, body []byte) bool {
	if h.Command.IsResponse() {
		return s.answer(h, body)
	}
	switch {
	case h.Sequence == 0 || h.Sequence > MaxSequence:
		s.refuse(h, StatusSystemError)
	case Mode(h.Command).isBind():
		return s.bind(h, body)
	case h.Command == CommandUnbind:
		s.unbind(h)
		return false
	case h.Command == CommandEnquireLink:
		s.reply(h.Command.Response(), StatusOK, h.Sequence)
	default:
		return s.request(h, body)
	}
	return true
}

// answer gives a response to its call. One that no call waits for is late, or of an enquire_link: it counts as a sign of life only.
func (s *Session) answer(h Header, body []byte) bool {
	k := s.calls.take(h.Sequence)
	if k == nil {
		return true
	}
	switch {
	case h.Command == CommandGenericNack && h.Status == StatusOK:
		k.answer <- answer{err: StatusUnknownError}
	case h.Command == CommandGenericNack:
		k.answer <- answer{err: h.Status}
	case h.Command != k.command.Response():
		k.answer <- answer{err: unknown(errProtocol)}
		return s.broken(errProtocol)
	case h.Status != StatusOK:
		k.answer <- answer{err: h.Status}
	default:
		k.answer <- s.response(h, body)
	}
	return true
}

func (s *Session) response(h Header, body []byte) answer {
	p, err := parseBody(h, body)
	if err != nil {
		return answer{err: unknown(err)}
	}
	if b, ok := p.(*BindResp); ok {
		s.mode.Store(uint32(b.Mode))
	}
	return answer{pdu: p}
}

// broken ends the session.
func (s *Session) broken(reason error) bool {
	s.end(reason)
	return false
}

// request has the handler answer, while the next packets are read.
func (s *Session) request(h Header, body []byte) bool {
	if _, known := commandNames[h.Command]; known && !s.Mode().allows(h.Command, s.admit == nil) {
		s.refuse(h, StatusInvalidBindStatus)
		return true
	}
	p, err := parseBody(h, body)
	if err != nil {
		s.refuse(h, statusOf(err, StatusSystemError))
		return true
	}
	switch s.serving.begin(h.Sequence) {
	case crowded:
		s.refuse(h, StatusThrottled)
	case reused:
		return s.broken(errProtocol) // nobody could tell its response from the other's
	default:
		go s.handle(h, p)
	}
	return true
}

func (s *Session) handle(h Header, request PDU) {
	answer, err := s.handler.Handle(s.ctx, s, request)
	if answer == nil && err == nil {
		answer = newPDU(h.Command.Response())
	}
	s.serving.end(h.Sequence)
	switch {
	case !h.Command.answered():
	case err != nil:
		s.refuse(h, statusOf(err, s.failure()))
	case answer.Command() != h.Command.Response() || s.queue.add(h.Sequence, StatusOK, answer) != nil:
		s.refuse(h, s.failure())
	default:
		if f, ok := answer.(Followed); ok {
			f.By()
		}
	}
}

// failure is the status of a request that failed for a reason of this side's own.
func (s *Session) failure() Status {
	if s.admit != nil {
		return StatusSystemError
	}
	return StatusReceiverTemporaryFailure
}

func statusOf(err error, otherwise Status) Status {
	var status Status
	if errors.As(err, &status) && status != StatusOK {
		return status
	}
	return otherwise
}

// refuse answers a request with an error. What has no response of its own, or none that this package reads, is answered by generic_nack.
func (s *Session) refuse(h Header, status Status) {
	c := h.Command.Response()
	if newPDU(c) == nil || !h.Command.answered() {
		c = CommandGenericNack
	}
	s.reply(c, status, h.Sequence)
}

// reply sends a packet without a body.
func (s *Session) reply(c Command, status Status, sequence uint32) {
	if !s.queue.addHeader(c, status, sequence) {
		s.end(errSlow)
	}
}

func (m Mode) isBind() bool { return m.Transmits() || m.Receives() }

// bind lets the admission decide. A session that is refused is over.
func (s *Session) bind(h Header, body []byte) bool {
	switch {
	case s.admit == nil:
		s.refuse(h, StatusInvalidBindStatus)
		return true
	case s.Mode() != 0:
		s.refuse(h, StatusAlreadyBound)
		return true
	}
	p, err := parseBody(h, body)
	status := statusOf(err, StatusOK)
	if err == nil {
		status = s.admit(s.ctx, s, h, p.(*Bind))
	}
	if status != StatusOK {
		s.refuse(h, status)
		s.queue.close()
		return false
	}
	return true
}

// accept binds the session and says so.
func (s *Session) accept(h Header, b *Bind, centre string) {
	answer := &BindResp{Mode: b.Mode, SystemID: centre}
	if b.InterfaceVersion >= Version34 {
		answer.Options = answer.Options.With(TagSCInterfaceVersion, Version34)
	}
	if err := s.queue.add(h.Sequence, StatusOK, answer); err != nil {
		s.end(err)
	}
	s.mode.Store(uint32(b.Mode)) // from now on it is delivered to
}

// unbind answers when all requests before it have their answer, and ends the session.
func (s *Session) unbind(h Header) {
	patience := time.NewTimer(s.link.ResponseTimeout)
	defer patience.Stop()
	select {
	case <-s.serving.idle():
	case <-patience.C:
	case <-s.ctx.Done():
	}
	s.reply(h.Command.Response(), StatusOK, h.Sequence)
	s.queue.close()
}
