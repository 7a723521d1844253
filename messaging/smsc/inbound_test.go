package smsc_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/smpp"
	"simtrust/internal/sms"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/smsc"
)

// from is a message from the person to an address.
func from(to string) smpp.Message {
	return smpp.Message{Source: sms.Address{Type: sms.International, Plan: sms.E164, Value: person}, Destination: sms.Address{Value: to}}
}

// says are the messages that carry a text from the person to the first chatbot.
func (w *world) says(words string, by smpp.Carriage, reference uint16) []smpp.Message {
	w.t.Helper()
	list, err := from(base+"1000").Split(words, by, reference)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func (w *world) deliverAll(list []smpp.Message) {
	w.t.Helper()
	for _, m := range list {
		if err := w.deliver(m); err != nil {
			w.t.Fatal(err)
		}
	}
}

// ids are those of the texts that came.
func (w *world) ids() map[string]bool {
	ids := map[string]bool{}
	for _, m := range w.ledger.said() {
		ids[m.ID] = true
	}
	return ids
}

// TestInbound: a text goes to the chatbot that it is addressed to; what is for nobody, or no text, is acknowledged and dropped.
func TestInbound(t *testing.T) {
	each(t, quick, func(t *testing.T, w *world) {
		w.sends(text("dlv_1", "hello")) // has an address allotted
		national := from(base + "1000")
		national.Source = sms.Address{Type: sms.National, Value: "13800000001"}
		named := from(base + "1000")
		named.Source = sms.Address{Type: sms.Alphanumeric, Value: "BANK"}
		binary := from(base + "1000")
		binary.Coding, binary.Octets = smpp.CodingBinary, []byte{1, 2, 3}
		broken := from(base + "1000")
		broken.Class, broken.Octets = smpp.ClassHeader, []byte{5, 0, 3, 1, 2, 3, 'x'}
		half := from(base + "1000")
		half.Coding, half.Octets = smpp.CodingUCS2, []byte{0x60}
		backwards := from(base + "1000")
		backwards.Options = smpp.Options(nil).WithUint16(smpp.TagSARMsgRefNum, 1).With(smpp.TagSARTotalSegments, 2).With(smpp.TagSARSegmentSeqnum, 3)
		for name, m := range map[string]smpp.Message{
			"an address of nobody":   from(base + "1001"),
			"the base alone":         from(base),
			"another base":           from("10680000" + "1000"),
			"a longer address":       from(base + "10001"),
			"a leading zero":         from(base + "01000"),
			"no digits":              from(base + "*100"),
			"no address":             from(""),
			"from a national number": national,
			"from a word":            named,
			"octets":                 binary,
			"a wrong header":         broken,
			"half a character":       half,
			"a segment beyond":       backwards,
		} {
			if err := w.deliver(m); err != nil {
				t.Errorf("%s is not acknowledged: %v", name, err)
			}
		}
		if got := w.ledger.said(); len(got) > 0 {
			t.Fatalf("%d texts", len(got))
		}
		mixed := w.says(strings.Repeat("长", 100), smpp.CarryHeader, 3)
		mixed[1].Coding = smpp.CodingDefault
		w.deliverAll(mixed)
		long := from(base + "1000")
		long.Options = smpp.Options(nil).WithUint16(smpp.TagSARMsgRefNum, 1).With(smpp.TagSARTotalSegments, 255).With(smpp.TagSARSegmentSeqnum, 3).
			With(smpp.TagMessagePayload, make([]byte, 60000)...)
		w.deliverAll([]smpp.Message{long})
		if n := w.count(`select count(*) from messaging_part`) + w.count(`select count(*) from messaging_smsc_heard`); n != 0 {
			t.Errorf("%d rows of what was dropped", n)
		}
		reply := w.says("回复1", smpp.CarryHeader, 0)
		reply[0].Destination.Value = "+" + reply[0].Destination.Value
		w.deliverAll(reply)
		got := w.ledger.said()
		if len(got) != 1 || got[0].From != number(person) || got[0].Chatbot != "bot_bank" || got[0].Text != "回复1" || got[0].ID == "" {
			t.Fatalf("%+v", got)
		}
	})
}

// TestInboundCut: a character may begin in one segment and end in the next.
func TestInboundCut(t *testing.T) {
	each(t, quick, func(t *testing.T, w *world) {
		w.sends(text("dlv_1", "hello"))
		list := w.says(strings.Repeat("a", 66)+"文"+strings.Repeat("b", 20), smpp.CarryHeader, 8)
		list[0].Octets = append(list[0].Octets[:len(list[0].Octets)-2], 0xD8, 0x3D)
		list[1].Octets = slices.Insert(list[1].Octets, 6, 0xDE, 0x00)
		w.deliverAll(list)
		if got := w.ledger.said(); len(got) != 1 || got[0].Text != strings.Repeat("a", 66)+"😀"+strings.Repeat("b", 20) {
			t.Errorf("%+v", got)
		}
	})
}

// TestInboundSegments: a long text is put together whatever its segments' order and form, also where one is delivered twice.
func TestInboundSegments(t *testing.T) {
	each(t, quick, func(t *testing.T, w *world) {
		w.sends(text("dlv_1", "hello"))
		words := map[smpp.Carriage]string{
			smpp.CarryHeader: strings.Repeat("甲", 150), smpp.CarryWideHeader: strings.Repeat("a{", 300), smpp.CarrySAR: strings.Repeat("乙", 140),
			smpp.CarryPayload: strings.Repeat("丙", 200),
		}
		for by, want := range words {
			list := w.says(want, by, 7)
			slices.Reverse(list)
			w.deliverAll(append(list[:1:1], list...))
			got := w.ledger.said()
			if last := got[len(got)-1]; last.Text != want {
				t.Errorf("%d: %q", by, last.Text)
			}
		}
		if n := len(w.ids()); n != len(words) {
			t.Errorf("%d texts", n)
		}
		if n := w.count(`select count(*) from messaging_part`); n != 0 {
			t.Errorf("%d segments are left", n)
		}
		list := w.says(strings.Repeat("丁", 200), smpp.CarryHeader, 9)
		w.deliverAll(list[:1])
		*w.clock = now.Add(2 * time.Hour)
		w.deliverAll(list[1:])
		if n := len(w.ids()); n != len(words) {
			t.Errorf("%d texts: segments of hours ago count", n)
		}
		if err := w.Prune(t.Context()); err != nil || w.count(`select count(*) from messaging_part`) != len(list)-1 {
			t.Error("the remains of long ago", err)
		}
	})
}

// TestInboundAtOnce: segments that come at once make one text.
func TestInboundAtOnce(t *testing.T) {
	each(t, quick, func(t *testing.T, w *world) {
		w.sends(text("dlv_1", "hello"))
		for round := range 5 {
			var all sync.WaitGroup
			for _, m := range w.says(strings.Repeat("甲", 200)+fmt.Sprint(round), smpp.CarryHeader, uint16(round)) {
				all.Go(func() {
					for err := w.deliver(m); err != nil; err = w.deliver(m) {
						if !errors.Is(err, smpp.StatusReceiverTemporaryFailure) {
							t.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			if n := len(w.ids()); n != round+1 {
				t.Errorf("%d texts after %d", n, round+1)
			}
		}
	})
}

// TestInboundAgain: what is delivered again keeps its id; what differs, or comes later, has another.
func TestInboundAgain(t *testing.T) {
	each(t, quick, func(t *testing.T, w *world) {
		w.sends(text("dlv_1", "hello"))
		other := text("dlv_2", "hello")
		other.Chatbot = "bot_shop"
		w.sends(other)
		w.ledger.goes(&simtrust.Error{Kind: simtrust.KindUnavailable})
		if err := w.deliver(w.says("1", 0, 0)[0]); !errors.Is(err, smpp.StatusReceiverTemporaryFailure) {
			t.Errorf("a text that nobody could take: %v", err)
		}
		w.ledger.goes(&simtrust.Error{Kind: simtrust.KindNotFound})
		if err := w.deliver(w.says("2", 0, 0)[0]); err != nil {
			t.Errorf("a text that nobody will take: %v", err)
		}
		w.ledger.goes(nil)
		w.deliverAll(w.says("1", 0, 0))
		*w.clock = now.Add(time.Minute)
		w.deliverAll(w.says("1", 0, 0))
		w.deliverAll(w.says("2", 0, 0))
		shop := from(base + "1001")
		shop.Octets = []byte("1")
		w.deliverAll([]smpp.Message{shop})
		*w.clock = now.Add(time.Minute + time.Millisecond)
		w.deliverAll(w.says("1", 0, 0))
		got := w.ledger.said()
		if len(got) != 5 || got[3].Chatbot != "bot_shop" {
			t.Fatalf("%+v", got)
		}
		same := []bool{got[0].ID == got[1].ID, got[0].ID == got[2].ID, got[0].ID == got[3].ID, got[0].ID == got[4].ID}
		if !slices.Equal(same, []bool{true, false, false, false}) {
			t.Errorf("%v", same)
		}
	})
}

// TestAddresses: each chatbot has one address, whoever asks first, and keeps it.
func TestAddresses(t *testing.T) {
	each(t, smsc.Config{}, func(t *testing.T, w *world) {
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				s := text(fmt.Sprint("dlv_", i), fmt.Sprint("bot_", i%10))
				s.Chatbot = fmt.Sprint("bot_", i%10)
				if o := w.sends(s); o.Answer != dispatch.Accepted {
					t.Errorf("%+v", o)
				}
			})
		}
		all.Wait()
		address := map[string]string{}
		for _, m := range w.centre.messages() {
			bot, _ := m.Text()
			if was := address[bot]; was != "" && was != m.Source.Value {
				t.Errorf("%s has %s and %s", bot, was, m.Source.Value)
			}
			address[bot] = m.Source.Value
		}
		owner := map[string]string{}
		for bot, a := range address {
			if owner[a] != "" || len(a) != len(base)+4 {
				t.Errorf("%s is %s's and %s's", a, owner[a], bot)
			}
			owner[a] = bot
		}
		if len(owner) != 10 {
			t.Errorf("%d addresses", len(owner))
		}
	})
}

// TestReconnect: what was refused for the want of a session goes out when there is one again.
func TestReconnect(t *testing.T) {
	each(t, quick, func(t *testing.T, w *world) {
		w.centre.drop = func(n int) bool { return n == 1 }
		if o := w.sends(text("dlv_1", "hello")); o.Answer != dispatch.Lost {
			t.Errorf("%+v", o)
		}
		w.until("accepted in a new session", func() bool {
			o := w.sends(text("dlv_2", "hello"))
			if o.Answer != dispatch.Accepted && o.Answer != dispatch.Throttled {
				t.Fatalf("%+v", o)
			}
			return o.Answer == dispatch.Accepted
		})
		if n := len(w.centre.messages()); n != 2 {
			t.Errorf("%d submissions", n)
		}
	})
}
