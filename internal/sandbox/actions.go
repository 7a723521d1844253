package sandbox

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// action is one thing an operator does; it answers the subscriber that the caller wants to see afterwards.
type action struct {
	onFree bool // on a number that nobody holds
	run    func(*operator, context.Context, *Subscriber, order) (*Subscriber, error)
}

var actions = map[string]action{
	"attach":        {run: (*operator).attach},
	"detach":        {run: (*operator).detach},
	"release":       {run: (*operator).release},
	"assign":        {run: (*operator).assign, onFree: true},
	"transfer":      {run: (*operator).transfer},
	"port-out":      {run: (*operator).portOut},
	"port-in":       {run: (*operator).portIn},
	"change-number": {run: (*operator).changeNumber},
	"new-sim":       {run: (*operator).newSIM},
	"add-sim":       {run: (*operator).addSIM},
	"new-device":    {run: (*operator).newDevice},
	"change-user":   {run: (*operator).changeUser},
	"suspend":       {run: report("suspend")},
	"resume":        {run: report("resume")},
}

func (o *operator) attach(ctx context.Context, s *Subscriber, in order) (*Subscriber, error) {
	if in.IP != "" {
		ip, err := netip.ParseAddr(in.IP)
		if err != nil || !ip.Is4() || !ip.IsLoopback() {
			return nil, fmt.Errorf("ip must be an IPv4 address in 127.0.0.0/8")
		}
		s.IP = in.IP
	}
	if err := o.nas.stop(ctx, s); err != nil {
		return nil, err
	}
	s.Attached = true
	if !s.reachable() {
		return nil, errPortedOut
	}
	return s, o.nas.start(ctx, s, s == o.world.Subscribers[0])
}

func (o *operator) detach(ctx context.Context, s *Subscriber, _ order) (*Subscriber, error) {
	s.Attached = false
	return s, o.nas.stop(ctx, s)
}

// release ends the holding. The phone loses its network first, as a terminated line does.
func (o *operator) release(ctx context.Context, s *Subscriber, _ order) (*Subscriber, error) {
	if err := o.nas.stop(ctx, s); err != nil {
		return nil, err
	}
	now := o.now()
	if _, err := o.feed(ctx, feedEvent{Type: "release", Number: s.Number, Effective: now}); err != nil {
		return nil, err
	}
	s.retire(now)
	s.Assigned = false
	return s, nil
}

// assign gives a free number to somebody else, with another SIM in the same phone; the phone attaches if it was on.
func (o *operator) assign(ctx context.Context, s *Subscriber, in order) (*Subscriber, error) {
	s.newPerson()
	s.User = ""
	if in.To != "" {
		s.Holder = in.To
	}
	s.Since = o.now()
	tenures, err := o.feed(ctx, s.assignment())
	if err != nil {
		return nil, err
	}
	s.Tenure, s.Assigned = tenures[0], true
	return s, o.reattach(ctx, s)
}

func (s *Subscriber) assignment() feedEvent {
	return feedEvent{Type: "assign", Number: s.Number, Holder: s.Holder, Effective: s.Since, ICCID: s.ICCID, IMSI: s.IMSI, IMEI: s.IMEI,
		User: s.User, Organisation: s.User != ""}
}

// transfer makes somebody else the holder of the same line: SIM and phone stay.
func (o *operator) transfer(ctx context.Context, s *Subscriber, in order) (*Subscriber, error) {
	to := in.To
	if to == "" {
		to = newHolder()
	}
	now := o.now()
	tenures, err := o.feed(ctx, feedEvent{Type: "transfer", Number: s.Number, Effective: now, To: to})
	if err != nil {
		return nil, err
	}
	s.retire(now)
	s.Holder, s.User, s.NationalID, s.Tenure, s.Since = to, "", nationalID(), tenures[0], now
	return s, o.reattach(ctx, s)
}

func (o *operator) portOut(ctx context.Context, s *Subscriber, _ order) (*Subscriber, error) {
	if err := o.nas.stop(ctx, s); err != nil {
		return nil, err
	}
	if _, err := o.feed(ctx, feedEvent{Type: "port-out", Number: s.Number, Effective: o.now()}); err != nil {
		return nil, err
	}
	s.PortedOut = true
	return s, nil
}

// portIn brings the same holder back with a card of this operator.
func (o *operator) portIn(ctx context.Context, s *Subscriber, in order) (*Subscriber, error) {
	s.newSIM()
	holder := s.Holder
	if in.To != "" {
		holder = in.To
	}
	now := o.now()
	tenures, err := o.feed(ctx, feedEvent{Type: "port-in", Number: s.Number, Holder: holder, Effective: now, ICCID: s.ICCID, IMSI: s.IMSI,
		IMEI: s.IMEI, User: s.User, Organisation: s.User != ""})
	if err != nil {
		return nil, err
	}
	if tenures[0] != s.Tenure {
		s.retire(now)
		s.Holder, s.Tenure, s.Since = holder, tenures[0], now
	}
	s.PortedOut = false
	return s, o.reattach(ctx, s)
}

// changeNumber moves the holder, SIM and phone to another number; in.To names a free one, by default a fresh one is made.
func (o *operator) changeNumber(ctx context.Context, s *Subscriber, in order) (*Subscriber, error) {
	next, err := o.target(in.To)
	if err != nil {
		return nil, err
	}
	if err := o.nas.stop(ctx, s); err != nil {
		return nil, err
	}
	now := o.now()
	tenures, err := o.feed(ctx, feedEvent{Type: "change-number", Number: s.Number, To: next.Number, Effective: now})
	if err != nil {
		return nil, err
	}
	number, ip, previous := next.Number, next.IP, next.Previous
	*next = *s
	next.Number, next.IP, next.Previous = number, ip, previous
	next.Tenure, next.Since, next.Assigned, next.Sessions = tenures[0], now, true, nil
	s.retire(now)
	s.Assigned = false
	if o.world.subscriber(number) == nil {
		o.world.Subscribers = append(o.world.Subscribers, next)
	}
	return next, o.reattach(ctx, next)
}

func (o *operator) target(number string) (*Subscriber, error) {
	if number == "" {
		return newSubscriber(len(o.world.Subscribers)), nil
	}
	next := o.world.subscriber(number)
	if next == nil {
		return nil, errNoNumber
	}
	if next.Assigned {
		return nil, errAssigned
	}
	return next, nil
}

func (o *operator) newSIM(ctx context.Context, s *Subscriber, _ order) (*Subscriber, error) {
	if err := o.nas.stop(ctx, s); err != nil {
		return nil, err
	}
	s.newSIM()
	if _, err := o.feed(ctx, feedEvent{Type: "new-sim", Number: s.Number, Effective: o.now(), ICCID: s.ICCID, IMSI: s.IMSI}); err != nil {
		return nil, err
	}
	return s, o.reattach(ctx, s)
}

// addSIM adds a second card for another device; the primary card, and what the handset holds, stay.
func (o *operator) addSIM(ctx context.Context, s *Subscriber, _ order) (*Subscriber, error) {
	var second Subscriber
	second.newSIM()
	_, err := o.feed(ctx, feedEvent{Type: "add-sim", Number: s.Number, Effective: o.now(), ICCID: second.ICCID, IMSI: second.IMSI})
	return s, err
}

// newDevice puts the card into another phone; the gateway tells it by IMEISV.
func (o *operator) newDevice(ctx context.Context, s *Subscriber, _ order) (*Subscriber, error) {
	s.IMEI = "35" + digits(12) + "0"
	if _, err := o.feed(ctx, feedEvent{Type: "new-device", Number: s.Number, Effective: o.now(), IMEI: s.IMEI}); err != nil {
		return nil, err
	}
	return s, o.reattach(ctx, s)
}

// changeUser reports another user of an organisation's line; in.To names who. The last subscriber of a world is such a line.
func (o *operator) changeUser(ctx context.Context, s *Subscriber, in order) (*Subscriber, error) {
	user := in.To
	if user == "" {
		user = newHolder()
	}
	now := o.now()
	tenures, err := o.feed(ctx, feedEvent{Type: "change-user", Number: s.Number, Effective: now, User: user})
	if err != nil {
		return nil, err
	}
	if tenures[0] != s.Tenure {
		s.retire(now)
		s.Tenure, s.Since = tenures[0], now
	}
	s.User = user
	return s, o.reattach(ctx, s)
}

// report makes the action of an event that changes nothing in the world itself.
func report(event string) func(*operator, context.Context, *Subscriber, order) (*Subscriber, error) {
	return func(o *operator, ctx context.Context, s *Subscriber, _ order) (*Subscriber, error) {
		_, err := o.feed(ctx, feedEvent{Type: event, Number: s.Number, Effective: o.now()})
		return s, err
	}
}

// reattach announces the phone's sessions afresh, if the phone is on.
func (o *operator) reattach(ctx context.Context, s *Subscriber) error {
	if !s.reachable() {
		return nil
	}
	_, err := o.attach(ctx, s, order{})
	return err
}

// retire moves the running holding into the past.
func (s *Subscriber) retire(until time.Time) {
	s.Previous = append(s.Previous, Interval{Holder: s.Holder, ICCID: s.ICCID, IMSI: s.IMSI, Since: s.Since, Until: until})
}
