package authn

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"

	"simtrust"
)

// claim is what is known of one session's hold on one address. Times are event times in UTC milliseconds, 0 for never.
type claim struct {
	key         claimKey
	since, last int64 // the earliest and the latest record that named the address
	released    int64 // the latest record that gave a range of ports back

	// Of the accounting session: the latest Start, the latest Start or Interim-Update, the latest of those that was quarantined,
	// the latest Stop.
	started, heard, unsure, stopped int64
	// Of the NAS: sessions that opened before cleared are over; gap is the end of the listener's last absence.
	cleared, gap int64
}

// claimKey identifies a claim. An unowned claim, which has no tenure, stems from a quarantined record.
type claimKey struct {
	span
	session
	owner
}

// span is a range of ports at an address; the whole address is 0 to 65535.
type span struct {
	place     string // see [placeOf]
	low, high int64
}

const maxPort = 65535

func (s span) whole() bool { return s.low == 0 && s.high == maxPort }

// covers reports whether the port is in s. Port 0 stands for a port that is not known, which only a whole address covers.
func (s span) covers(port uint16) bool {
	return s.whole() || port != 0 && s.low <= int64(port) && int64(port) <= s.high
}

func (s span) overlaps(o span) bool { return s.place == o.place && s.low <= o.high && o.low <= s.high }

// session is one accounting session: the NAS's name and its Acct-Session-Id.
type session struct{ nas, sid string }

// owner is whom the session authenticates.
type owner struct {
	tenure simtrust.TenureID
	imsi   string
}

func (o owner) unowned() bool { return o.tenure == "" }

// opened returns when the session opened, as far as this address goes, and whether it is still open there. It opened with its latest
// Start, or with the first record that named the address after it.
func (c claim) opened() (at int64, open bool) {
	at = c.since
	if c.last >= c.started {
		at = max(at, c.started)
	}
	over := c.stopped > 0 && c.started <= c.stopped || at < c.cleared
	return at, !over && c.named()
}

// named reports whether the session still names the address as its own. A whole address is repeated in every record (RFC 2869
// §2.1); a range of ports is told when it is given and when it is given back (RFC 8045 §4.1.2), and is gone with the Start that uses
// its session id again. Neither is the owner's any more once the session's latest record could not be attributed.
func (c claim) named() bool {
	switch {
	case !c.key.unowned() && c.unsure >= c.heard:
		return false
	case c.key.whole():
		return c.last == c.heard
	default:
		return c.last > c.released && c.last >= c.started
	}
}

// age is the event time that tells how fresh the claim is.
func (c claim) age() int64 {
	if c.key.whole() {
		return c.last
	}
	return c.heard
}

// open reports whether the session still claims the address.
func (c claim) open() bool {
	_, open := c.opened()
	return open
}

// supersedes reports whether c took the address over from o. An unidentified record in the middle of a session is not another
// session.
func (c claim) supersedes(o claim) bool {
	if c.key == o.key || c.key.span != o.key.span || c.key.unowned() && c.key.session == o.key.session {
		return false
	}
	mine, _ := c.opened()
	theirs, _ := o.opened()
	return mine > theirs
}

// contradicts reports whether c, still open and no older in what it says, denies o the address.
func (c claim) contradicts(o claim) bool {
	switch {
	case c.key == o.key || !c.key.overlaps(o.key.span) || !c.open():
		return false
	case c.key.span != o.key.span:
		return true
	default:
		return c.last >= o.last
	}
}

// holder returns the one claim that holds the port, and otherwise a reason. The claims are all those on the port's address; fresh
// tells which are young enough to count.
func holder(claims []claim, port uint16, fresh func(claim) bool) (claim, string) {
	holders := standing(claims, port)
	switch len(holders) {
	case 0:
		return claim{}, ReasonNoSession
	case 1:
	default:
		return claim{}, ReasonAmbiguousAddress
	}
	h := holders[0]
	for _, c := range claims {
		if fresh(c) && c.contradicts(h) {
			return claim{}, ReasonAmbiguousAddress
		}
	}
	switch {
	case h.key.unowned():
		return claim{}, ReasonNoSession
	case !fresh(h):
		return claim{}, ReasonStaleSession
	case h.age() < h.gap:
		return claim{}, ReasonListenerGap
	}
	return h, ""
}

// standing returns the claims on the port that are open and not taken over by another.
func standing(claims []claim, port uint16) []claim {
	var left []claim
	for _, c := range claims {
		if c.key.covers(port) && c.open() && !superseded(c, claims) {
			left = append(left, c)
		}
	}
	return left
}

func superseded(c claim, claims []claim) bool {
	for _, o := range claims {
		if o.supersedes(c) {
			return true
		}
	}
	return false
}

// wholeSecond cuts t to the second, the precision of Event-Timestamp (RFC 2869 §5.3), in UTC milliseconds. An instant of our own
// is cut before it is compared with an event time, lest what happened after it in the same second seem to come before it.
func wholeSecond(t time.Time) int64 { return t.Unix() * 1000 }

var idText = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// digest names the parts in 26 characters. Parts are length-prefixed, so no two lists of parts share a text.
func digest(parts ...string) string {
	var b []byte
	for _, p := range parts {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	sum := sha256.Sum256(b)
	return idText.EncodeToString(sum[:16])
}

// sessionID is the name by which others know the session: the same over any of its addresses, another for another SIM.
func sessionID(parts ...string) string { return strings.Join([]string{"ses", digest(parts...)}, "_") }
