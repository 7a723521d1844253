package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
)

// operation is an action under way. The world keeps it from before the server is told until everything that follows from it is
// done, so that after a kill it is finished first: the server knows the event again by its number.
type operation struct {
	Event  feedEvent  `json:"event"`
	Before Subscriber `json:"before"`
	// Settled is the number of the subscriber to be seen afterwards, once the server has applied the event.
	Settled string `json:"settled,omitempty"`
}

// change carries out an action of the feed.
func (o *operator) change(ctx context.Context, s *Subscriber, act action, in order) (*Subscriber, error) {
	before := *s
	event, err := act.order(o, s, in)
	if err != nil {
		return nil, err
	}
	if act.offline {
		err := o.nas.stop(ctx, &before) // with the card that it has had until now
		if s.Sessions = before.Sessions; err != nil {
			*s = before
			return nil, err
		}
	}
	o.world.FeedSeq++
	event.Seq = o.world.FeedSeq
	o.world.Operation = &operation{Event: event, Before: before}
	if err := o.world.save(); err != nil {
		return nil, err
	}
	return o.finish(ctx)
}

// finish brings the operation under way to its end. One that the server refuses is taken back; after any other error it stays.
func (o *operator) finish(ctx context.Context) (*Subscriber, error) {
	op := o.world.Operation
	act := actions[op.Event.Type]
	if op.Settled == "" {
		if err := o.settle(ctx, op, act); err != nil {
			return nil, err
		}
	}
	after := o.world.subscriber(op.Settled)
	if act.reattach && after.reachable() {
		if err := o.announceAfresh(ctx, after); err != nil {
			return nil, err
		}
	}
	o.world.Operation = nil
	return after, o.keep()
}

func (o *operator) settle(ctx context.Context, op *operation, act action) error {
	s := o.world.subscriber(op.Event.Number)
	if sim, ok := s.card(op.Event.ICCID); ok {
		if err := o.deliverCards(ctx, sim); err != nil {
			return err
		}
	}
	tenures, err := o.send(ctx, []feedEvent{op.Event})
	if _, refused := errors.AsType[*refusal](err); refused {
		sessions := s.Sessions
		*s = op.Before
		s.Sessions = sessions
		o.world.Operation = nil
		return errors.Join(err, o.keep())
	}
	if err != nil {
		return err
	}
	if act.settle != nil {
		s = act.settle(o.world, s, op, tenures[0])
	}
	op.Settled = s.Number
	return o.world.save()
}

// resume finishes an operation that a kill, or an error, cut short.
func (o *operator) resume(ctx context.Context) error {
	if o.world.Operation == nil {
		return nil
	}
	_, err := o.finish(ctx)
	if _, refused := errors.AsType[*refusal](err); refused {
		return nil
	}
	return err
}

// attach announces the phone's session on its address, or on another one.
func (o *operator) attach(ctx context.Context, s *Subscriber, in order) error {
	ip := s.IP
	if in.IP != "" {
		addr, err := netip.ParseAddr(in.IP)
		if err != nil || !addr.Is4() || !addr.IsLoopback() {
			return fmt.Errorf("ip must be an IPv4 address in 127.0.0.0/8")
		}
		ip = in.IP
	}
	if s.PortedOut {
		return errPortedOut
	}
	s.IP, s.Attached = ip, true
	return errors.Join(o.announceAfresh(ctx, s), o.world.save())
}

func (o *operator) detach(ctx context.Context, s *Subscriber, _ order) error {
	s.Attached = false
	return errors.Join(o.nas.stop(ctx, s), o.world.save())
}

// announceAfresh closes the phone's sessions and opens new ones.
func (o *operator) announceAfresh(ctx context.Context, s *Subscriber) error {
	if err := o.nas.stop(ctx, s); err != nil {
		return err
	}
	return o.nas.start(ctx, s, s == o.world.Subscribers[0])
}
