package smsc

import (
	"context"
	"slices"
	"time"

	"simtrust/internal/smpp"
	"simtrust/internal/waiters"
	"simtrust/messaging/dispatch"
)

// handle takes what the service centre brings. It is answered when that is durable.
func (b *Bearer) handle(ctx context.Context, _ *smpp.Session, request smpp.PDU) (smpp.PDU, error) {
	switch p := request.(type) {
	case *smpp.DeliverSM:
		return nil, b.incoming(ctx, &p.Message)
	case *smpp.DataSM:
		return nil, b.incoming(ctx, &p.Message)
	case *smpp.AlertNotification:
		return nil, nil
	}
	return nil, smpp.StatusInvalidCommand
}

// kinds are the bits of a class that say what a message to an ESME is (SMPP 3.4 §5.2.12); none: a person's text.
const kinds = 0x3C

func (b *Bearer) incoming(ctx context.Context, m *smpp.Message) error {
	switch {
	case m.Class.Receipt():
		return b.receipt(ctx, m)
	case m.Class&kinds != 0:
		b.metrics.came("acknowledgement")
		return nil
	}
	return b.inbound(ctx, m)
}

// fates are the states that are the last word about a segment.
var fates = map[smpp.State]dispatch.Fate{
	smpp.StateDelivered: dispatch.FateDelivered, smpp.StateExpired: dispatch.FateExpired, smpp.StateDeleted: dispatch.FateRevoked,
	smpp.StateUndeliverable: dispatch.FateFailed, smpp.StateRejected: dispatch.FateFailed,
}

// receipt passes on what became of a copy. What cannot be used is acknowledged as well: it would only come again.
func (b *Bearer) receipt(ctx context.Context, m *smpp.Message) error {
	got, err := smpp.ParseReceipt(m)
	if err != nil {
		b.metrics.came("malformed receipt")
		return nil
	}
	fate, final := fates[got.State]
	if !final {
		b.metrics.came("intermediate receipt")
		return nil
	}
	s, known, err := b.awaited(ctx, b.IDs.named(got))
	switch {
	case err != nil:
		return err
	case !known:
		b.metrics.came("receipt for an unknown id")
		return nil
	}
	b.metrics.came("receipt")
	if s.total > 1 {
		s.fate = fate
		if fate, err = b.settles.Do(ctx, s); err != nil || fate == "" {
			return err
		}
	}
	return b.Reports.Report(ctx, Text, []dispatch.Report{{ID: s.copy, Fate: fate, Reason: code(got.Error)}})
}

// whole is what became of a copy of that many segments, of those that are known. It is nowhere without any one of them.
func whole(known []dispatch.Fate, total int) dispatch.Fate {
	for _, end := range []dispatch.Fate{dispatch.FateFailed, dispatch.FateExpired, dispatch.FateRevoked} {
		if slices.Contains(known, end) {
			return end
		}
	}
	delivered, accepted := 0, 0
	for _, f := range known {
		switch f {
		case dispatch.FateDelivered:
			delivered++
		case dispatch.FateAccepted:
			accepted++
		}
	}
	switch {
	case delivered == total:
		return dispatch.FateDelivered
	case delivered+accepted == total:
		return dispatch.FateAccepted
	}
	return dispatch.FateUnknown
}

// looks is how often one that waits for its id looks whether it is known by now.
const looks = 8

// awaited finds the segment that one of the names is of. A receipt may overtake the answer to its submission, or that answer's way into
// the store of another node, so it waits for a while; where too many wait, the service centre is told to come again.
func (b *Bearer) awaited(ctx context.Context, names []string) (s segment, known bool, err error) {
	if len(names) == 0 {
		return s, false, nil
	}
	var here [2]*waiters.Waiter[segment] // a receipt has one name or two
	for i := range here {
		here[i] = b.known.Join(names[min(i, len(names)-1)])
		defer here[i].Leave()
	}
	if s, known, err = b.find(ctx, names); known || err != nil {
		return s, known, err
	}
	select {
	case b.waiting <- struct{}{}:
		defer func() { <-b.waiting }()
	default:
		return s, false, smpp.StatusReceiverTemporaryFailure
	}
	tick := time.NewTicker(b.Early / looks)
	defer tick.Stop()
	for range looks {
		select {
		case <-ctx.Done():
			return s, false, ctx.Err()
		case <-here[0].Woken():
			return *here[0].Told(), true, nil
		case <-here[1].Woken():
			return *here[1].Told(), true, nil
		case <-tick.C: // another node may have sent it
		}
		if s, known, err = b.find(ctx, names); known || err != nil {
			return s, known, err
		}
	}
	return s, false, nil
}

func (b *Bearer) find(ctx context.Context, names []string) (s segment, known bool, err error) {
	for _, n := range names {
		if s, err = b.finds.Do(ctx, n); err != nil || s.copy != "" {
			return s, err == nil, err
		}
	}
	return s, false, nil
}

// maxCode bounds what is kept of a service centre's reasons.
const maxCode = 16

// code is a service centre's reason as it may be kept and passed on; empty where it says that there is none.
func code(reason string) string {
	for i, r := range reason {
		if i >= maxCode || r <= ' ' || r > '~' {
			reason = reason[:i]
			break
		}
	}
	if reason == "000" || reason == "0" {
		return ""
	}
	return reason
}
