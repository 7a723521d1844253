package sandbox

import "slices"

// action is one thing that an operator tells the server about a number through its feed.
type action struct {
	onFree   bool // on a number that nobody holds
	offline  bool // the phone loses its network first
	reattach bool // the phone, if it is on, announces itself afresh afterwards
	// order draws the event up; the card or phone that goes with it is the subscriber's from then on.
	order func(*operator, *Subscriber, order) (feedEvent, error)
	// settle makes the world agree with an event that the server has applied to a tenure. It answers the subscriber that the caller
	// wants to see afterwards. Without one nothing is to be done.
	settle func(*World, *Subscriber, *operation, string) *Subscriber
}

var actions = map[string]action{
	"release":       {offline: true, order: plain("release"), settle: released},
	"assign":        {onFree: true, reattach: true, order: assign, settle: assigned},
	"transfer":      {reattach: true, order: transfer, settle: transferred},
	"port-out":      {offline: true, order: plain("port-out"), settle: portedOut},
	"port-in":       {reattach: true, order: portIn, settle: portedIn},
	"change-number": {offline: true, reattach: true, order: changeNumber, settle: numberChanged},
	"new-sim":       {offline: true, reattach: true, order: newSIM},
	"add-sim":       {order: addSIM},
	"new-device":    {reattach: true, order: newDevice},
	"change-user":   {reattach: true, order: changeUser, settle: userChanged},
	"suspend":       {order: plain("suspend")},
	"resume":        {order: plain("resume")},
}

// plain draws up an event that says no more than its type.
func plain(event string) func(*operator, *Subscriber, order) (feedEvent, error) {
	return func(o *operator, s *Subscriber, _ order) (feedEvent, error) {
		return feedEvent{Type: event, Number: s.Number, Effective: o.now()}, nil
	}
}

func released(_ *World, s *Subscriber, op *operation, _ string) *Subscriber {
	s.retire(op)
	s.Assigned = false
	return s
}

// assign gives a free number to somebody else, with another SIM in the same phone.
func assign(o *operator, s *Subscriber, in order) (feedEvent, error) {
	s.newPerson()
	s.User = ""
	if in.To != "" {
		s.Holder = in.To
	}
	s.Since = o.now()
	return s.assignment(), nil
}

func (s *Subscriber) assignment() feedEvent {
	return feedEvent{Type: "assign", Number: s.Number, Holder: s.Holder, Effective: s.Since, ICCID: s.ICCID, IMSI: s.IMSI, IMEI: s.IMEI,
		User: s.User, Organisation: s.User != ""}
}

func assigned(_ *World, s *Subscriber, _ *operation, tenure string) *Subscriber {
	s.Tenure, s.Assigned = tenure, true
	return s
}

// transfer makes somebody else the holder of the same line: SIM and phone stay.
func transfer(o *operator, s *Subscriber, in order) (feedEvent, error) {
	to := in.To
	if to == "" {
		to = newHolder()
	}
	return feedEvent{Type: "transfer", Number: s.Number, Effective: o.now(), To: to}, nil
}

func transferred(_ *World, s *Subscriber, op *operation, tenure string) *Subscriber {
	s.retire(op)
	s.newIdentity()
	s.Holder, s.User, s.Tenure, s.Since = op.Event.To, "", tenure, op.Event.Effective
	return s
}

func portedOut(_ *World, s *Subscriber, _ *operation, _ string) *Subscriber {
	s.PortedOut = true
	return s
}

// portIn brings the same holder back with a card of this operator.
func portIn(o *operator, s *Subscriber, in order) (feedEvent, error) {
	s.replaceSIM()
	s.Added = nil
	holder := s.Holder
	if in.To != "" {
		holder = in.To
	}
	return feedEvent{Type: "port-in", Number: s.Number, Holder: holder, Effective: o.now(), ICCID: s.ICCID, IMSI: s.IMSI, IMEI: s.IMEI,
		User: s.User, Organisation: s.User != ""}, nil
}

func portedIn(_ *World, s *Subscriber, op *operation, tenure string) *Subscriber {
	if tenure != s.Tenure {
		s.retire(op)
		s.Holder, s.Tenure, s.Since = op.Event.Holder, tenure, op.Event.Effective
	}
	s.PortedOut = false
	return s
}

// changeNumber moves the holder, SIM and phone to another number; in.To names a free one, by default a fresh one is made.
func changeNumber(o *operator, s *Subscriber, in order) (feedEvent, error) {
	to := in.To
	switch next := o.world.subscriber(to); {
	case to == "":
		to = newSubscriber(len(o.world.Subscribers)).Number
	case next == nil:
		return feedEvent{}, errNoNumber
	case next.Assigned:
		return feedEvent{}, errAssigned
	}
	return feedEvent{Type: "change-number", Number: s.Number, To: to, Effective: o.now()}, nil
}

func numberChanged(w *World, s *Subscriber, op *operation, tenure string) *Subscriber {
	next := w.subscriber(op.Event.To)
	if next == nil {
		next = newSubscriber(len(w.Subscribers))
		w.Subscribers = append(w.Subscribers, next)
	}
	number, ip, previous := next.Number, next.IP, next.Previous
	*next = *s
	next.Number, next.IP, next.Previous = number, ip, previous
	next.Tenure, next.Since, next.Assigned, next.Sessions = tenure, op.Event.Effective, true, nil
	s.retire(op)
	s.Assigned = false
	return next
}

func newSIM(o *operator, s *Subscriber, _ order) (feedEvent, error) {
	s.replaceSIM()
	return feedEvent{Type: "new-sim", Number: s.Number, Effective: o.now(), ICCID: s.ICCID, IMSI: s.IMSI}, nil
}

// addSIM adds a card for another device; the primary card, and what the handset holds, stay.
func addSIM(o *operator, s *Subscriber, _ order) (feedEvent, error) {
	another := makeSIM()
	s.Added = append(slices.Clip(s.Added), another)
	return feedEvent{Type: "add-sim", Number: s.Number, Effective: o.now(), ICCID: another.ICCID, IMSI: another.IMSI}, nil
}

// newDevice puts the card into another phone; the gateway tells it by IMEISV.
func newDevice(o *operator, s *Subscriber, _ order) (feedEvent, error) {
	s.IMEI = "35" + digits(12) + "0"
	return feedEvent{Type: "new-device", Number: s.Number, Effective: o.now(), IMEI: s.IMEI}, nil
}

// changeUser reports another user of an organisation's line; in.To names who. The last subscriber of a world is such a line.
func changeUser(o *operator, s *Subscriber, in order) (feedEvent, error) {
	user := in.To
	if user == "" {
		user = newHolder()
	}
	return feedEvent{Type: "change-user", Number: s.Number, Effective: o.now(), User: user}, nil
}

func userChanged(_ *World, s *Subscriber, op *operation, tenure string) *Subscriber {
	if tenure != s.Tenure {
		s.retire(op)
		s.Tenure, s.Since = tenure, op.Event.Effective
	}
	s.User = op.Event.User
	return s
}

// retire moves the holding that the operation ended into the past.
func (s *Subscriber) retire(op *operation) {
	was := op.Before
	s.Previous = append(s.Previous, Interval{Holder: was.Holder, ICCID: was.ICCID, IMSI: was.IMSI, Since: was.Since, Until: op.Event.Effective})
}
