package gsma_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simtrust/messaging/gsma"
)

const rounds = 200

// TestWhatIsWrittenIsReadBack holds strict writing against lenient reading.
func TestWhatIsWrittenIsReadBack(t *testing.T) {
	s := newSource(1)
	for range rounds {
		c := s.content()
		p, err := gsma.Encode(c, gsma.RCS.Limits())
		if err != nil {
			t.Fatalf("%v: %+v", err, c)
		}
		r, err := gsma.Decode(p)
		if err != nil {
			t.Fatalf("%v: %s", err, p.Data)
		}
		again, err := gsma.Encode(r.Content, gsma.RCS.Limits())
		if err != nil || !bytes.Equal(again.Data, p.Data) {
			t.Fatalf("%v\n%s", err, cmp.Diff(string(p.Data), string(again.Data)))
		}
	}
}

// TestDegradingStaysWithinLimits is the property of Degrade: within the limits or an error, every answer shown or none, the same twice,
// and no signature but the sender's own.
func TestDegradingStaysWithinLimits(t *testing.T) {
	s := newSource(2)
	refused := 0
	for range rounds {
		c := s.content()
		o := gsma.Options{
			Signature: pick(s, "", "某银行", "Bank"), Language: pick(s, gsma.Chinese, gsma.English), Page: pick(s, "", "https://s.example/Ab3"),
		}
		for _, channel := range []gsma.Channel{gsma.Enhanced, gsma.CardSMS, gsma.SMS} {
			l := channel.Limits()
			r, answers, err := gsma.Degrade(c, l, o)
			if err != nil {
				if o.Page != "" {
					t.Fatalf("%s: with a page everything fits, but: %v", channel, err)
				}
				refused++
				continue
			}
			holdRendered(t, r, answers, l, o)
			holdRepeatable(t, r, c, l, o)
		}
	}
	if refused == 0 {
		t.Error("nothing was too long without a page")
	}
}

func holdRendered(t *testing.T, r gsma.Rendered, answers []gsma.Answer, l gsma.Limits, o gsma.Options) {
	t.Helper()
	if !l.Text.Holds(r.Text) {
		t.Fatalf("%d %s: %s", l.Text.Unit.Count(r.Text), l.Text.Unit, r.Text)
	}
	if r.File != nil && l.Files == 0 || r.Content != nil || r.Text == "" && r.File == nil {
		t.Fatalf("rendered as %+v", r)
	}
	for _, a := range answers {
		if !strings.Contains(r.Text, a.Code) || l.Channel == gsma.Enhanced && !strings.Contains(r.Text, a.DisplayText) {
			t.Fatalf("answer %s is not shown: %s", a.Code, r.Text)
		}
		got, ok := gsma.Match(answers, a.Code)
		if !ok || got.Code != a.Code {
			t.Fatalf("answer %s finds %+v %t of %+v", a.Code, got, ok, answers)
		}
	}
	if l.Channel == gsma.Enhanced {
		return
	}
	text := r.Text
	if o.Signature != "" {
		var signed bool
		if text, signed = strings.CutPrefix(text, "【"+o.Signature+"】"); !signed {
			t.Fatalf("not signed: %s", r.Text)
		}
	}
	if strings.ContainsAny(text, "【】") {
		t.Fatalf("a second signature: %s", r.Text)
	}
	if card, ok := gsma.ReadCardText(r.Text); l.Channel == gsma.CardSMS && (!ok || card.Signature != o.Signature || card.Link != o.Page) {
		t.Fatalf("read as %+v %t: %s", card, ok, r.Text)
	}
}

func holdRepeatable(t *testing.T, r gsma.Rendered, c gsma.Content, l gsma.Limits, o gsma.Options) {
	t.Helper()
	again, _, err := gsma.Degrade(c, l, o)
	if err != nil || !cmp.Equal(r, again) {
		t.Fatalf("%v\n%s", err, cmp.Diff(r, again))
	}
}

// TestRichChannelsCarryOrRefuse holds Check of all channels together: what RCS takes, the others take or name a reason.
func TestRichChannelsCarryOrRefuse(t *testing.T) {
	s := newSource(3)
	for range rounds {
		c := s.content()
		for _, channel := range gsma.Channels() {
			err := gsma.Check(c, channel.Limits())
			if err != nil && !errors.Is(err, gsma.ErrLimit) && !errors.Is(err, gsma.ErrMalformed) {
				t.Fatal(err)
			}
			if channel == gsma.RCS && err != nil {
				t.Fatal(err)
			}
			if !channel.Rich() {
				continue
			}
			if r, _, refused := gsma.Degrade(c, channel.Limits(), gsma.Options{}); !cmp.Equal(refused, err) || refused == nil && r.Content == nil {
				t.Fatalf("check %v, degrade %v", err, refused)
			}
		}
	}
}
