package smpp

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Receipt says what became of a message, or what has happened to it so far. The standard leaves its text to the service centre
// (SMPP 3.4 Appendix B); so all of it may be empty but ID and one of State and Word.
type Receipt struct {
	// ID names the message: the parameter receipted_message_id, else the text. Some service centres write it in hexadecimal here and in
	// decimal in their submit_sm_resp, or the reverse.
	ID string
	// TextID is the name in the text.
	TextID string
	// Submitted and Delivered are how many messages there were, and how many of them arrived.
	Submitted, Delivered int
	// Sent is when the service centre got the message, Done when its state came about: by the service centre's clock, whose zone is not
	// told and taken for UTC.
	Sent, Done time.Time
	// State is the parameter message_state, else what Word means; 0 where that is none of the standard's.
	State State
	// Word is the state in the text.
	Word string
	// Error is the network's or the service centre's reason, mostly of three digits.
	Error string
	// Text is how the message began. It is as the service centre wrote it: not for a page.
	Text string
}

// ParseReceipt reads the receipt in a message, from its parameters, its text, or both. It fails with [ErrNotReceipt], also for what
// reads like a receipt and whose class does not say so: anybody's telephone can send such a text.
func ParseReceipt(m *Message) (Receipt, error) {
	if !m.Class.Receipt() {
		return Receipt{}, ErrNotReceipt
	}
	r := receiptText(receiptOctets(m))
	r.parameters(m.Options)
	if !r.named() || r.State == 0 && r.Word == "" {
		return Receipt{}, ErrNotReceipt
	}
	return r, nil
}

// named reports an id that a message can have.
func (r *Receipt) named() bool {
	return r.ID != "" && len(r.ID) < fieldMessageID.max && printable(r.ID) && !strings.Contains(r.ID, " ")
}

// parameters takes over what the parameters say, which is sure where the text is guessed at.
func (r *Receipt) parameters(o Options) {
	if id, ok := o.Text(TagReceiptedMessageID); ok && id != "" {
		r.ID = id
	}
	if state, ok := o.Uint8(TagMessageState); ok && state != 0 {
		r.State = State(state)
	}
	if code, ok := o.Find(TagNetworkErrorCode); ok && len(code) == 3 && r.Error == "" {
		r.Error = fmt.Sprintf("%03d", binary.BigEndian.Uint16(code[1:]))
	}
}

// For returns the deliver_sm that tells the sender of m: from m's destination to its source, as a text and as parameters.
func (r Receipt) For(m *Message) *DeliverSM {
	class := ClassReceipt
	if !r.State.Final() {
		class = ClassIntermediate
	}
	d := &DeliverSM{Message{
		ServiceType: m.ServiceType, Source: m.Destination, Destination: m.Source, Class: class, Octets: []byte(r.String()),
		Options: Options(nil).WithText(TagReceiptedMessageID, r.ID).With(TagMessageState, byte(r.State)),
	}}
	if reference, ok := m.Options.Uint16(TagUserMessageReference); ok {
		d.Options = d.Options.WithUint16(TagUserMessageReference, reference)
	}
	return d
}

// receiptTextLength is how much of the message a receipt quotes.
const receiptTextLength = 20

// String returns the text of the standard.
func (r Receipt) String() string {
	return fmt.Sprintf("id:%s sub:%03d dlvrd:%03d submit date:%s done date:%s stat:%s err:%s text:%s",
		r.ID, r.Submitted, r.Delivered, receiptTime(r.Sent), receiptTime(r.Done), cmp.Or(r.Word, r.State.String()),
		cmp.Or(r.Error, "000"), r.quote())
}

// quote returns how the message began, where every alphabet can say it.
func (r Receipt) quote() string {
	if !printable(r.Text) {
		return ""
	}
	return r.Text[:min(len(r.Text), receiptTextLength)]
}

func receiptTime(t time.Time) string {
	if t.IsZero() {
		return "0000000000"
	}
	return t.UTC().Format("0601021504")
}

// receiptForms are the forms of times that are met, by their number of digits.
var receiptForms = map[int][]string{
	10: {"0601021504"},
	12: {"060102150405", "200601021504"},
	14: {"20060102150405"},
}

// parseReceiptTime reads a time, whatever stands between its digits; what is no time is the zero value.
func parseReceiptTime(s string) time.Time {
	digits := make([]byte, 0, timeLength)
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' && len(digits) < timeLength {
			digits = append(digits, s[i])
		}
	}
	if len(digits) == timeLength-1 { // as in packets: tenths and zone at the end
		digits = digits[:12]
	}
	for _, form := range receiptForms[len(digits)] {
		if t, err := time.Parse(form, string(digits)); err == nil {
			return t
		}
	}
	return time.Time{}
}

func parseCount(s string) int {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}
