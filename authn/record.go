package authn

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"simtrust"
	"simtrust/authn/radius"
	"simtrust/renumber"
)

// Skew is how far ahead of our clock an event may be dated.
const Skew = 60 * time.Second

// Why a record is in quarantine, beside [ReasonNotUsable] and [ReasonSIMChanged]; the values of a column and of a metric's label.
const (
	quarantineNoSession = "no_session_id"
	quarantineNoNumber  = "no_number"
	quarantineNoIMSI    = "no_imsi"
	quarantineNoAddress = "no_address"
	quarantineFuture    = "future"
	quarantineNotHeld   = "not_held"
	quarantineTooEarly  = "before_holder"
	quarantineNoSIM     = "sim_unknown" // the feed gave no IMSI for the number
)

// change is what one record does to the store.
type change struct {
	session  session
	status   radius.Status
	at       int64
	owner    owner
	held     []span
	released []span
	// quarantine holds the record if it does no more than leave unowned claims; else nil.
	quarantine *quarantined
}

// quarantined is a record set aside, or several that say the same of one session: a subscriber whom the feed does not know sends
// Interim-Updates for as long as the session lasts. at is of the first event, received of the last arrival.
type quarantined struct {
	id, reason            string
	nas, realm, sid, what string
	number                simtrust.Number
	imsi, imeisv, places  string
	at, received          int64
}

// judge decides what a record may do. It returns the change, and the SIM that the record was attributed to. An error means that
// nothing was decided.
func (s *Service) judge(ctx context.Context, r radius.Record) (change, renumber.SIM, error) {
	c := change{
		session: session{r.NAS, r.SessionID}, status: r.Status, at: r.At.UnixMilli(),
		held: heldBy(r), released: releasedBy(r),
	}
	reason := misfit(r, len(c.held)+len(c.released) > 0, s.now())
	if reason != "" || !opens(r.Status) {
		return c.setAside(r, reason), renumber.SIM{}, nil
	}
	h, err := s.tenures.Current(ctx, r.Number)
	switch {
	case simtrust.KindOf(err) == simtrust.KindNotFound:
		return c.setAside(r, quarantineNotHeld), renumber.SIM{}, nil
	case err != nil:
		return change{}, renumber.SIM{}, err
	}
	sim, reason := admit(h, r.IMSI, c.at)
	if reason == "" {
		c.owner = owner{h.ID, r.IMSI}
	}
	return c.setAside(r, reason), sim, nil
}

// opens reports whether a record of that status can open a session.
func opens(s radius.Status) bool { return s == radius.Start || s == radius.InterimUpdate }

// misfit says what keeps a record from being attributed, whoever holds the number.
func misfit(r radius.Record, addressed bool, now time.Time) string {
	switch {
	case r.At.After(now.Add(Skew)):
		return quarantineFuture
	case r.Status == radius.AccountingOn || r.Status == radius.AccountingOff:
		return ""
	case r.SessionID == "":
		return quarantineNoSession
	case r.Status == radius.Stop:
		return ""
	case r.Number.IsZero():
		return quarantineNoNumber
	case r.IMSI == "":
		return quarantineNoIMSI
	case !addressed:
		return quarantineNoAddress
	default:
		return ""
	}
}

// admit finds the SIM by which imsi may authenticate h's holder, as of an event time; else it gives the reason.
func admit(h renumber.Holding, imsi string, at int64) (renumber.SIM, string) {
	if !h.Usable() {
		return renumber.SIM{}, ReasonNotUsable
	}
	reason := quarantineNoSIM
	for _, sim := range h.SIMs {
		switch {
		case sim.IMSI != "" && sim.IMSI != imsi && reason == quarantineNoSIM:
			reason = ReasonSIMChanged
		case sim.IMSI != imsi:
		case at < wholeSecond(h.Opened) || at < wholeSecond(sim.Since):
			reason = quarantineTooEarly
		default:
			return sim, ""
		}
	}
	return renumber.SIM{}, reason
}

// setAside puts the record in quarantine if there is a reason to. A record from the future is then ordered by its arrival.
func (c change) setAside(r radius.Record, reason string) change {
	if reason == "" {
		return c
	}
	c.quarantine = &quarantined{
		reason: reason, nas: r.NAS, realm: r.Realm, sid: r.SessionID, what: r.Status.String(), number: r.Number,
		imsi: r.IMSI, imeisv: r.IMEISV, places: describe(c.held), at: c.at, received: r.Received.UnixMilli(),
	}
	c.quarantine.id = c.quarantine.digest()
	c.at = min(c.at, c.quarantine.received)
	return c
}

// digest is the same for records that say the same.
func (q *quarantined) digest() string {
	return digest(q.reason, q.nas, q.realm, q.sid, q.what, q.number.E164(), q.imsi, q.imeisv, q.places)
}

// with returns q with the instants of another record that says the same, or of none.
func (q *quarantined) with(o *quarantined) *quarantined {
	both := *q
	if o != nil {
		both.at, both.received = min(q.at, o.at), max(q.received, o.received)
	}
	return &both
}

// heldBy returns the addresses that a record says its session holds.
func heldBy(r radius.Record) []span {
	var spans []span
	if r.IPv4.IsValid() {
		spans = append(spans, span{placeOf(r.Realm, r.IPv4), 0, maxPort})
	}
	if r.IPv6.IsValid() {
		spans = append(spans, span{placeOf(r.Realm, r.IPv6.Addr()), 0, maxPort})
	}
	return append(spans, rangeOf(r.Realm, r.Ports)...)
}

func releasedBy(r radius.Record) []span { return rangeOf(r.Realm, r.Released) }

func rangeOf(realm string, p radius.PortRange) []span {
	if !p.Addr.IsValid() {
		return nil
	}
	return []span{{placeOf(realm, p.Addr), int64(p.Low), int64(p.High)}}
}

// placeOf names the unit in which addresses are given to sessions: an IPv4 address or an IPv6 /64, in an address realm.
func placeOf(realm string, a netip.Addr) string {
	a = plain(a)
	if a.Is4() {
		return realm + " " + a.String()
	}
	return realm + " " + netip.PrefixFrom(a, 64).Masked().String()
}

// describe lists places for a person who looks into the quarantine.
func describe(spans []span) string {
	texts := make([]string, len(spans))
	for i, s := range spans {
		texts[i] = s.place
		if !s.whole() {
			texts[i] += " " + strconv.FormatInt(s.low, 10) + "-" + strconv.FormatInt(s.high, 10)
		}
	}
	return strings.Join(texts, ", ")
}
