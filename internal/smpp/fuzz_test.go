package smpp_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust/internal/smpp"
	"simtrust/internal/sms"
)

// FuzzParse: what is read can be written and is read the same, and what hangs on a message panics nowhere.
func FuzzParse(f *testing.F) {
	f.Fuzz(func(t *testing.T, packet []byte) {
		h, p, err := smpp.Parse(packet)
		if err != nil {
			return
		}
		again, err := smpp.Append(nil, h.Sequence, h.Status, p)
		if err != nil {
			t.Fatalf("%x is read and not written: %v", packet, err)
		}
		if h2, p2, err := smpp.Parse(again); err != nil || h2.Command != h.Command || !cmp.Equal(p, p2) {
			t.Errorf("%x is written %x: %v", packet, again, err)
		}
		switch m := p.(type) {
		case *smpp.DeliverSM:
			holdMessage(t, &m.Message)
		case *smpp.DataSM:
			holdMessage(t, &m.Message)
		}
	})
}

func holdMessage(t *testing.T, m *smpp.Message) {
	if _, err := m.Validity.At(noon); (err == nil) != (m.Validity != "") {
		t.Errorf("validity %q: %v", m.Validity, err)
	}
	if _, err := m.Text(); err == nil {
		if _, err := m.Content(); err != nil {
			t.Errorf("text without content: %v", err)
		}
	}
	_, _ = smpp.ParseReceipt(m)
}

// FuzzReceipt: a receipt that is read names a message, and names the same when it is written.
func FuzzReceipt(f *testing.F) {
	f.Fuzz(func(t *testing.T, text []byte, coding byte, options []byte) {
		m := &smpp.Message{Class: smpp.ClassReceipt, Coding: smpp.Coding(coding), Octets: text, Options: options}
		r, err := smpp.ParseReceipt(m)
		if err != nil {
			return
		}
		again, err := smpp.ParseReceipt(&r.For(&template).Message)
		if err != nil || again.ID != r.ID || r.State != 0 && again.State != r.State {
			t.Errorf("%+v becomes %+v, %v", r, again, err)
		}
	})
}

// FuzzSplit: the segments of a text are the text, whichever comes last.
func FuzzSplit(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string, by byte, reference uint16, last uint8) {
		segments, err := template.Split(text, smpp.Carriage(by)%(smpp.CarryPayload+1), reference)
		if err != nil {
			return
		}
		inbox := smpp.NewInbox(inboxLimits)
		n := len(segments)
		for i := range n {
			m := segments[(i+int(last)+1)%n]
			whole, complete, err := inbox.Add("bank", &m, noon)
			if err != nil || complete != (i == n-1) {
				t.Fatalf("segment %d of %d: %t, %v", i, n, complete, err)
			}
			if !complete {
				continue
			}
			if got, err := whole.Text(); err != nil || got != text {
				t.Errorf("%q becomes %q, %v", text, got, err)
			}
		}
	})
}

// FuzzInbox: any two messages, whole or in part, are held within the limits and forgotten in time.
func FuzzInbox(f *testing.F) {
	f.Fuzz(func(t *testing.T, class, coding byte, first, second, options1, options2 []byte) {
		inbox := smpp.NewInbox(sms.Limits{Messages: 1, PerSender: 1, Life: time.Minute})
		for _, m := range []smpp.Message{
			{Class: smpp.Class(class), Coding: smpp.Coding(coding), Octets: first, Options: options1},
			{Class: smpp.Class(class), Coding: smpp.Coding(coding), Octets: second, Options: options2},
		} {
			whole, complete, err := inbox.Add("", &m, noon)
			if complete && err != nil {
				t.Errorf("complete and %v", err)
			}
			if _, err := whole.Content(); complete && err != nil {
				t.Errorf("complete and without content: %v", err)
			}
		}
		if n := inbox.Expire(noon.Add(time.Minute)); n != 0 {
			t.Errorf("%d left", n)
		}
	})
}
