package smsc

import (
	"context"
	"errors"
	"hash/fnv"
	"mime"
	"strings"
	"sync"
	"time"

	"simtrust/internal/panics"
	"simtrust/internal/smpp"
	"simtrust/internal/sms"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/parts"
)

// Submit implements dispatch.Bearer.
func (b *Bearer) Submit(ctx context.Context, list []dispatch.Submission) []dispatch.Outcome {
	out := make([]dispatch.Outcome, len(list))
	var all sync.WaitGroup
	for i := range list {
		all.Go(func() { out[i] = answered(b, func() dispatch.Outcome { return b.submit(ctx, &list[i]) }) })
	}
	all.Wait()
	return out
}

// answered is the answer to one question; the zero one, which is that nobody knows, after a panic.
func answered[A any](b *Bearer, ask func() A) (answer A) {
	if err := panics.Contained(func() error { answer = ask(); return nil }); err != nil {
		b.Log.Error("one question was not answered", "error", err)
	}
	return answer
}

// submit sends the segments of a copy one after the other.
func (b *Bearer) submit(ctx context.Context, s *dispatch.Submission) dispatch.Outcome {
	if !b.Bound() {
		return dispatch.Outcome{Answer: dispatch.Throttled}
	}
	source, err := b.codes.of(ctx, s.Chatbot)
	if err != nil {
		return dispatch.Outcome{Answer: dispatch.Throttled}
	}
	list, err := b.segments(s, b.address(source))
	if err != nil {
		return dispatch.Outcome{Answer: dispatch.Rejected, Reason: parts.ReasonText}
	}
	taken := make([]segment, 0, len(list))
	for i, part := range list {
		id, err := b.send(ctx, part)
		if err != nil {
			return b.broken(ctx, taken, verdict(err))
		}
		taken = append(taken, b.segment(s, id, i+1, len(list), part.Source.Value))
	}
	if _, err := b.records.Do(ctx, taken); err != nil {
		return dispatch.Outcome{Answer: dispatch.Lost}
	}
	for _, s := range taken {
		b.known.Tell(s.name, s)
	}
	return dispatch.Outcome{Answer: dispatch.Accepted, Ref: s.ID()}
}

func (b *Bearer) send(ctx context.Context, m smpp.Message) (id string, err error) {
	answer, err := b.do(ctx, &smpp.SubmitSM{Message: m})
	if err != nil {
		return "", err
	}
	return answer.(*smpp.SubmitSMResp).MessageID, nil
}

// broken is a copy of which some segments were taken, and the next one was not or may not have been. What was taken is called back: without
// the rest it is no message. Where one stays, or nobody knows, the copy has left in part: it is lost, not to be sent once more.
func (b *Bearer) broken(ctx context.Context, taken []segment, o dispatch.Outcome) dispatch.Outcome {
	if len(taken) == 0 {
		return o
	}
	if o.Answer != dispatch.Lost && b.callBack(ctx, taken) {
		return o
	}
	_, _ = b.records.Do(ctx, taken) // what is not kept cannot be asked about, which is what is answered anyway
	return dispatch.Outcome{Answer: dispatch.Lost}
}

// callBack takes segments back, and reports whether none of them arrives.
func (b *Bearer) callBack(ctx context.Context, taken []segment) (all bool) {
	all = true
	for _, s := range taken {
		all = b.cancel(ctx, s) == dispatch.Recalled && all
	}
	return all
}

// verdict says what an error means for a submission.
func verdict(err error) dispatch.Outcome {
	var status smpp.Status
	switch {
	case errors.Is(err, smpp.ErrUnknown):
		return dispatch.Outcome{Answer: dispatch.Lost}
	case errors.As(err, &status) && !passing(status):
		return dispatch.Outcome{Answer: dispatch.Rejected, Reason: status.String()}
	}
	return dispatch.Outcome{Answer: dispatch.Throttled}
}

// passing reports a refusal that is about the service centre, not about the message.
func passing(s smpp.Status) bool {
	switch s {
	case smpp.StatusSystemError, smpp.StatusInvalidBindStatus, smpp.StatusReceiverTemporaryFailure:
		return true
	}
	return s.Congested()
}

// segments are the messages that carry a copy.
func (b *Bearer) segments(s *dispatch.Submission, from sms.Address) ([]smpp.Message, error) {
	if kind, _, err := mime.ParseMediaType(s.ContentType); err != nil || kind != "text/plain" {
		return nil, smpp.ErrText
	}
	m := smpp.Message{
		Source:      from,
		Destination: sms.Address{Type: sms.International, Plan: sms.E164, Value: strings.TrimPrefix(s.Number.E164(), "+")},
		Registered:  smpp.RegisteredFinal, Validity: smpp.RelativeTime(s.Expires.Sub(b.Now())),
	}
	if s.Channel == Card {
		m.ServiceType = b.CardService
	}
	return m.Split(string(s.Payload), smpp.CarryWideHeader, reference(s.ID()))
}

// reference tells the copies for one recipient apart on their handset.
func reference(copy string) uint16 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(copy))
	sum := h.Sum32()
	return uint16(sum>>16) ^ uint16(sum)
}

// afterlife is how long after a message's end its ids are kept: receipts come late.
const afterlife = 3 * 24 * time.Hour

func (b *Bearer) segment(s *dispatch.Submission, id string, part, total int, source string) segment {
	return segment{name: b.IDs.answered(id), id: id, copy: s.ID(), part: part, total: total, source: source, expires: s.Expires.Add(afterlife)}
}
