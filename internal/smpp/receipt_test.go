package smpp_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust/internal/smpp"
	"simtrust/internal/sms"
)

func receiptOf(text string) *smpp.Message {
	return &smpp.Message{Class: smpp.ClassReceipt, Octets: []byte(text)}
}

func minute(year int, month time.Month, day, hour, min, sec int) time.Time {
	return time.Date(year, month, day, hour, min, sec, 0, time.UTC)
}

// TestReceiptDialects: the first six are as service centres' operators and their users show them on the web: Vonage, smppcenter.com,
// a log in a question about ESME_RINVDSTNPI, a question about data coding, CardBoardFish (filled in; the end of the line is theirs), SerwerSMS.
func TestReceiptDialects(t *testing.T) {
	for _, c := range []struct {
		text string
		want smpp.Receipt
	}{
		{"id:0000000012345678 sub:001 dlvrd:001 submit date:1601010100 done date:1601010101 stat:DELIVRD err:000 text:none",
			smpp.Receipt{ID: "0000000012345678", Submitted: 1, Delivered: 1, Sent: minute(2016, 1, 1, 1, 0, 0), Done: minute(2016, 1, 1, 1, 1, 0),
				State: smpp.StateDelivered, Word: "DELIVRD", Error: "000", Text: "none"}},
		{"id:64567564356765435676 sub:001 dlvrd:001 submit date:190608165232 done date:190608165237 stat:DELIVRD err:000 text:Hello World",
			smpp.Receipt{ID: "64567564356765435676", Submitted: 1, Delivered: 1, Sent: minute(2019, 6, 8, 16, 52, 32),
				Done: minute(2019, 6, 8, 16, 52, 37), State: smpp.StateDelivered, Word: "DELIVRD", Error: "000", Text: "Hello World"}},
		{"id:0911897980 sub:001 dlvrd:000 submit date:1201121551 done date:1201121551 stat:UNDELIV err:075 text:-PROFILE",
			smpp.Receipt{ID: "0911897980", Submitted: 1, Sent: minute(2012, 1, 12, 15, 51, 0), Done: minute(2012, 1, 12, 15, 51, 0),
				State: smpp.StateUndeliverable, Word: "UNDELIV", Error: "075", Text: "-PROFILE"}},
		{"id:40072910491427628 sub:001 dlvrd:001 submit date:1007291049 done date:1007291049 stat:DELIVRD err:000",
			smpp.Receipt{ID: "40072910491427628", Submitted: 1, Delivered: 1, Sent: minute(2010, 7, 29, 10, 49, 0),
				Done: minute(2010, 7, 29, 10, 49, 0), State: smpp.StateDelivered, Word: "DELIVRD", Error: "000"}},
		{"id:1 sub:001 dlvrd:001 submit date:1601010100 done\ndate:1601010101 stat:EXPIRED err:1 Text: . . .",
			smpp.Receipt{ID: "1", Submitted: 1, Delivered: 1, Sent: minute(2016, 1, 1, 1, 0, 0), Done: minute(2016, 1, 1, 1, 1, 0),
				State: smpp.StateExpired, Word: "EXPIRED", Error: "1", Text: ". . ."}},
		{"id:1 stat:DELETED err:E Text: ...", smpp.Receipt{ID: "1", State: smpp.StateDeleted, Word: "DELETED", Error: "E", Text: "..."}},

		{"Id:4F_a@b Stat:Delivered", smpp.Receipt{ID: "4F_a@b", State: smpp.StateDelivered, Word: "Delivered"}},
		{"id:a\x11b stat:ENROUTE", smpp.Receipt{ID: "a_b", State: smpp.StateEnroute, Word: "ENROUTE"}}, // in the GSM alphabet
		{"stat:REJECTD, err:0x0B; id:9, submitdate:20260131120000 donedate:2026-01-31 12:00:05",
			smpp.Receipt{ID: "9", Sent: noon, Done: noon.Add(5 * time.Second), State: smpp.StateRejected, Word: "REJECTD", Error: "0x0B"}},
		{"id:9 submit date:202601311200 done date:2601311200000 stat:ACCEPTD",
			smpp.Receipt{ID: "9", Sent: noon, State: smpp.StateAccepted, Word: "ACCEPTD"}},
		{"id:9 submit date:260131120000000+ done date:never sub:x dlvrd:-1 stat:MK:0001 err:\x00",
			smpp.Receipt{ID: "9", Sent: noon, Word: "MK:0001"}},
		{"id:9 stat:DELIVRD text:id:8 stat:EXPIRED", smpp.Receipt{ID: "9", State: smpp.StateDelivered, Word: "DELIVRD", Text: "id:8 stat:EXPIRED"}},
		{"id:9 stat:DELIVRD id:8 stat:EXPIRED", smpp.Receipt{ID: "9", State: smpp.StateDelivered, Word: "DELIVRD"}},
		{"  id:9\tstat:UNKNOWN\r\n\x00", smpp.Receipt{ID: "9", State: smpp.StateUnknown, Word: "UNKNOWN"}},
	} {
		c.want.TextID = c.want.ID
		got, err := smpp.ParseReceipt(receiptOf(c.text))
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%q: %v\n%s", c.text, err, diff)
		}
	}
}

func TestReceiptParameters(t *testing.T) {
	m := receiptOf("id:12345678 stat:ACCEPTD")
	m.Options = m.Options.WithText(smpp.TagReceiptedMessageID, "BC614E").With(smpp.TagMessageState, byte(smpp.StateDelivered)).
		With(smpp.TagNetworkErrorCode, 3, 0, 11)
	got, err := smpp.ParseReceipt(m)
	want := smpp.Receipt{ID: "BC614E", TextID: "12345678", State: smpp.StateDelivered, Word: "ACCEPTD", Error: "011"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	m.Octets = nil
	got, err = smpp.ParseReceipt(m)
	want = smpp.Receipt{ID: "BC614E", State: smpp.StateDelivered, Error: "011"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error("without a text:", err, diff)
	}
}

func TestReceiptInUCS2(t *testing.T) {
	octets, err := sms.UCS2.Append(nil, "id:9 stat:EXPIRED text:你好")
	if err != nil {
		t.Fatal(err)
	}
	m := &smpp.Message{Class: smpp.ClassReceipt, Coding: smpp.CodingUCS2, Octets: octets}
	if got, err := smpp.ParseReceipt(m); err != nil || got.State != smpp.StateExpired || got.Text != "你好" {
		t.Errorf("%+v, %v", got, err)
	}
	m.Octets = []byte("id:9 stat:EXPIRED") // as some send it under the coding of the message
	if got, err := smpp.ParseReceipt(m); err != nil || got.State != smpp.StateExpired {
		t.Errorf("ASCII: %+v, %v", got, err)
	}
}

func TestNoReceipt(t *testing.T) {
	forged := receiptOf("id:9 stat:DELIVRD")
	forged.Class = 0
	forged.Options = forged.Options.WithText(smpp.TagReceiptedMessageID, "9").With(smpp.TagMessageState, 2)
	acknowledgement := receiptOf("id:9 stat:DELIVRD")
	acknowledgement.Class = smpp.ClassAcknowledgement
	twice := receiptOf("id:9 stat:DELIVRD")
	twice.Options = twice.Options.With(smpp.TagMessagePayload, []byte("id:8 stat:EXPIRED")...)
	for name, m := range map[string]*smpp.Message{
		"a text from a telephone": forged,
		"an acknowledgement":      acknowledgement,
		"nothing":                 receiptOf(""),
		"no id":                   receiptOf("sub:001 dlvrd:001 stat:DELIVRD"),
		"an empty id":             receiptOf("id: stat:DELIVRD"),
		"no state":                receiptOf("id:9 err:000"),
		"another text":            receiptOf("Hello: there"),
		"names inside words":      receiptOf("paid:9 estat:DELIVRD"),
		"an id that is too long":  receiptOf("id:" + strings.Repeat("9", 65) + " stat:DELIVRD"),
		"an id with a line break": receiptOf("id:9\n9 stat:DELIVRD"),
		"an id beyond ASCII":      receiptOf("id:9\xff9 stat:DELIVRD"),
		"two texts":               twice,
	} {
		if got, err := smpp.ParseReceipt(m); !errors.Is(err, smpp.ErrNotReceipt) || got != (smpp.Receipt{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestReceiptThereAndBack: what a service centre writes is what an ESME reads, through a packet.
func TestReceiptThereAndBack(t *testing.T) {
	sent := template
	sent.Options = sent.Options.WithUint16(smpp.TagUserMessageReference, 77)
	for state := smpp.StateEnroute; state <= smpp.StateRejected; state++ {
		r := smpp.Receipt{ID: "ab-1", TextID: "ab-1", Submitted: 1, Delivered: 1, Sent: noon, Done: noon.Add(time.Minute), State: state,
			Word: state.String(), Error: "011", Text: "12345678901234567890"}
		long := r
		long.Text += "and more"
		packet, err := smpp.Append(nil, 1, smpp.StatusOK, long.For(&sent))
		if err != nil {
			t.Fatal(err)
		}
		_, p, err := smpp.Parse(packet)
		if err != nil {
			t.Fatal(err)
		}
		m := p.(*smpp.DeliverSM)
		got, err := smpp.ParseReceipt(&m.Message)
		if diff := cmp.Diff(r, got); err != nil || diff != "" {
			t.Error(err, diff)
		}
		if v, ok := m.Options.Uint16(smpp.TagUserMessageReference); !ok || v != 77 || m.Source != sent.Destination || m.Destination != sent.Source {
			t.Errorf("reference %d, from %q to %q", v, m.Source.Value, m.Destination.Value)
		}
		if final := m.Class == smpp.ClassReceipt; final != state.Final() {
			t.Errorf("%s is final: %t", state, final)
		}
	}
}

func TestReceiptWithoutTimeOrText(t *testing.T) {
	got := smpp.Receipt{ID: "1", State: smpp.StateRejected, Text: "你好"}.String()
	if want := "id:1 sub:000 dlvrd:000 submit date:0000000000 done date:0000000000 stat:REJECTD err:000 text:"; got != want {
		t.Error(got)
	}
}
