package renumber

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"simtrust"
)

// The types of event in the operator's feed.
const (
	Assign       = "assign"
	Release      = "release"
	Transfer     = "transfer"
	PortOut      = "port-out"
	PortIn       = "port-in"
	ChangeNumber = "change-number"
	NewSIM       = "new-sim"
	AddSIM       = "add-sim"
	NewDevice    = "new-device"
	ChangeUser   = "change-user"
	Suspend      = "suspend"
	Resume       = "resume"
)

// FeedEvent is one event of the operator's feed, as it travels. A number inside it is masked when it is printed or logged.
type FeedEvent struct {
	// Seq is positive and unique within the source.
	Seq    int64  `json:"seq"`
	Type   string `json:"type"`
	Number string `json:"number"`
	// Holder is required by assign and port-in. Elsewhere it is a guard: an event that names another holder than the record is
	// rejected.
	Holder string `json:"holder,omitempty"`
	// Organisation and User describe the line of an organisation; User, its reference to the person, is the subject of change-user
	// and may be empty there. Allowed with assign, port-in, transfer (of the new holder) and change-user.
	Organisation bool   `json:"organisation,omitzero"`
	User         string `json:"user,omitempty"`
	// Effective is when it took place; absent, when it is recorded.
	Effective time.Time `json:"effective,omitzero"`
	// ICCID (18 to 22 digits, upper-case letters A to F allowed) and IMSI (6 to 15 digits) come together. Required by new-sim and
	// add-sim, allowed with assign, port-in, transfer, change-number and change-user. A transfer or change-user that names none
	// hands on the primary SIM alone, a change-number the whole set.
	ICCID string `json:"iccid,omitempty"`
	IMSI  string `json:"imsi,omitempty"`
	// IMEI is the phone: 14 digits, 15 with a check digit, or 16 with a software version. Required by new-device, allowed wherever
	// a SIM is but with add-sim.
	IMEI string `json:"imei,omitempty"`
	// To is the new holder of a transfer or the new number of a change-number, required by both.
	To string `json:"to,omitempty"`
}

// Format prints sequence, type and masked number, under every verb.
func (e FeedEvent) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, fmt.Sprintf("{%d %s %s}", e.Seq, e.Type, masked(e.Number)))
}

// LogValue masks in structured logs.
func (e FeedEvent) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(e)) }

// digest identifies the content of the event within its source. Fields are length-prefixed, so no two contents share a digest.
func (e FeedEvent) digest() [sha256.Size]byte {
	var effective int64
	if !e.Effective.IsZero() {
		effective = e.Effective.UnixMilli()
	}
	b := make([]byte, 0, 256)
	b = binary.AppendVarint(b, effective)
	for _, s := range []string{e.Type, e.Number, e.Holder, e.User, e.ICCID, e.IMSI, e.IMEI, e.To} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	if e.Organisation {
		b = append(b, 1)
	}
	return sha256.Sum256(b)
}

// event is a FeedEvent whose fields have their forms.
type event struct {
	kind      string
	number    simtrust.Number
	party     party
	effective time.Time
	sim       SIM // zero: none named
	device    string
	toHolder  simtrust.HolderID
	toNumber  simtrust.Number
}

// fields says which of its optional fields a type of event takes.
type fields struct {
	holder, sim, imei, to need
	line                  bool // organisation and user
}

type need int

const (
	never need = iota
	may
	must
)

var shapes = map[string]fields{
	Assign:       {holder: must, sim: may, imei: may, line: true},
	Release:      {holder: may},
	Transfer:     {holder: may, sim: may, imei: may, to: must, line: true},
	PortOut:      {holder: may},
	PortIn:       {holder: must, sim: may, imei: may, line: true},
	ChangeNumber: {holder: may, sim: may, imei: may, to: must},
	NewSIM:       {holder: may, sim: must, imei: may},
	AddSIM:       {holder: may, sim: must},
	NewDevice:    {holder: may, imei: must},
	ChangeUser:   {holder: may, sim: may, imei: may, line: true},
	Suspend:      {holder: may},
	Resume:       {holder: may},
}

// parse checks the forms of e's fields. An event without an effective instant takes effect when it is recorded.
func (e FeedEvent) parse(recorded time.Time) (event, *rejection) {
	shape, ok := shapes[e.Type]
	if !ok {
		return event{}, reject(ReasonMalformed, "unknown type of event; use "+strings.Join(slices.Sorted(maps.Keys(shapes)), ", "))
	}
	if why := e.misshapen(shape); why != "" {
		return event{}, reject(ReasonMalformed, why)
	}
	p := event{
		kind:      e.Type,
		party:     party{simtrust.HolderID(e.Holder), e.Organisation, e.User},
		effective: recorded,
	}
	var err error
	if p.number, err = simtrust.ParseNumber(e.Number); err != nil {
		return event{}, reject(ReasonMalformed, "number is not + and 5 to 15 digits")
	}
	if !e.Effective.IsZero() {
		p.effective = instant(e.Effective)
	}
	if p.effective.After(recorded) {
		return event{}, reject(ReasonFuture, "the event takes effect in the future; send it when it has")
	}
	p.sim = SIM{ICCID: e.ICCID, IMSI: e.IMSI, Primary: e.Type != AddSIM, Since: p.effective}
	p.device, _ = deviceOf(e.IMEI)
	switch e.Type {
	case Transfer:
		p.toHolder = simtrust.HolderID(e.To)
	case ChangeNumber:
		if p.toNumber, err = simtrust.ParseNumber(e.To); err != nil {
			return event{}, reject(ReasonMalformed, "to is not + and 5 to 15 digits")
		}
	}
	return p, nil
}

// misshapen names the first field that is absent, out of place or not in its form; "" if none is.
func (e FeedEvent) misshapen(shape fields) string {
	for _, f := range []struct {
		name, value string
		need        need
		ok          func(string) bool
	}{
		{"holder", e.Holder, shape.holder, isReference},
		{"iccid", e.ICCID, shape.sim, isICCID},
		{"imsi", e.IMSI, shape.sim, isIMSI},
		{"imei", e.IMEI, shape.imei, isIMEI},
		{"to", e.To, shape.to, isReference},
	} {
		switch {
		case f.value == "" && f.need == must:
			return f.name + " is required"
		case f.value != "" && f.need == never:
			return f.name + " does not belong to this type of event"
		case f.value != "" && !f.ok(f.value):
			return f.name + " does not have its form"
		}
	}
	switch {
	case e.Seq < 1:
		return "seq is not positive"
	case (e.ICCID == "") != (e.IMSI == ""):
		return "iccid and imsi come together"
	case !shape.line && (e.Organisation || e.User != ""):
		return "organisation and user do not belong to this type of event"
	case e.User != "" && !isReference(e.User):
		return "user does not have its form"
	case e.User != "" && !e.Organisation && e.Type != ChangeUser:
		return "only an organisation's line has a user"
	}
	return ""
}

// maxReference bounds the operator's references, in bytes.
const maxReference = 128

func isReference(s string) bool {
	return len(s) <= maxReference && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xfffd }) < 0
}

// isICCID allows letters, which Chinese operators use (ITU-T E.118 has digits only).
func isICCID(s string) bool { return len(s) >= 18 && len(s) <= 22 && consistsOf(s, "0123456789ABCDEF") }

// isIMSI is ITU-T E.212: at most 15 digits.
func isIMSI(s string) bool { return len(s) >= 6 && len(s) <= 15 && consistsOf(s, "0123456789") }

func isIMEI(s string) bool {
	_, ok := deviceOf(s)
	return ok
}

func consistsOf(s, set string) bool { return strings.Trim(s, set) == "" }

// deviceOf returns what identifies the phone in an IMEI or IMEISV (3GPP TS 23.003 clause 6.2): the first 14 digits, type allocation
// code and serial number. The check digit is redundant, and the software version changes while the phone does not.
func deviceOf(imei string) (string, bool) {
	if len(imei) < 14 || len(imei) > 16 || !consistsOf(imei, "0123456789") {
		return "", false
	}
	return imei[:14], true
}

// instant cuts t to the precision of the record: whole milliseconds, UTC.
func instant(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }
