package sender_test

import (
	"strings"
	"testing"

	"simtrust"
	"simtrust/messaging/gsma"
	"simtrust/messaging/sender"
)

// TestProfileIsReviewed: what people recognise a live sender by stays as it was reviewed until the new one is.
func TestProfileIsReviewed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, _ := w.live("Rail")
		reviewed := c.Profile
		changed, err := w.SetProfile(t.Context(), c.ID, sender.Profile{Signature: "Rail Express"}, "rail")
		if must(t, changed, err); changed.Profile != reviewed || changed.Proposed == nil || changed.State() != sender.Verified {
			t.Errorf("proposed: %+v", changed)
		}
		got, err := w.Live(t.Context(), c.ID)
		if must(t, got, err); got.Signature() != "Rail" {
			t.Errorf("signs %q before the review", got.Signature())
		}

		// The reviewer saw the first proposal, and the client puts another in its place.
		seen := changed.Revision
		_, err = w.SetProfile(t.Context(), c.ID, sender.Profile{Signature: "Lottery"}, "rail")
		must(t, c, err)
		_, err = w.Review(t.Context(), sender.Review{Chatbot: c.ID, Revision: seen, Approved: true, Decision: operator})
		wantError(t, err, simtrust.KindConflict, sender.ReasonChanged)
		_, err = w.Review(t.Context(), sender.Review{Chatbot: c.ID, Revision: seen + 1, Decision: sender.Decision{By: "operator"}})
		wantError(t, err, simtrust.KindInvalid, sender.ReasonWhy)
		refused, err := w.Review(t.Context(), sender.Review{Chatbot: c.ID, Revision: seen + 1, Decision: sender.Decision{By: "operator", Why: "no lottery"}})
		if must(t, refused, err); refused.Proposed != nil || refused.Cause != "no lottery" || refused.Signature() != "Rail" || refused.State() != sender.Verified {
			t.Errorf("refused: %+v", refused)
		}

		_, err = w.SetProfile(t.Context(), c.ID, sender.Profile{Signature: "Rail Express"}, "rail")
		must(t, c, err)
		before := len(told[sender.ProfileApproved](w)) // of the draft
		if approved := w.approve(c.ID); approved.Signature() != "Rail Express" || approved.Proposed != nil || approved.Cause != "" {
			t.Errorf("approved: %+v", approved)
		}
		if list := told[sender.ProfileApproved](w); before != 1 || len(list) != 2 || list[1].Chatbot != c.ID || list[1].At.IsZero() {
			t.Errorf("told %+v, before %d", list, before)
		}
	})
}

// TestReviewOfASuspended: approving a profile ends no suspension.
func TestReviewOfASuspended(t *testing.T) {
	w := embedded(t)
	c, _ := w.live("Rail")
	_, err := w.SetProfile(t.Context(), c.ID, sender.Profile{Signature: "Rail Express"}, "rail")
	must(t, c, err)
	_, err = w.Suspend(t.Context(), c.ID, operator)
	must(t, c, err)
	if got := w.approve(c.ID); got.State() != sender.Suspended || got.Cause != operator.Why {
		t.Errorf("%+v", got)
	}
}

func TestBadProfiles(t *testing.T) {
	w := embedded(t)
	c := w.draft(w.brand("Rail", "Rail Ltd"), "rail")
	for what, p := range map[string]sender.Profile{
		"a logo by http":       {Logo: "http://rail.example/logo.png"},
		"a script":             {Website: "javascript:alert(1)"},
		"a user in a link":     {Website: "https://bank.example@evil.example/"},
		"a link with a space":  {Terms: "https://rail.example/a b"},
		"a link, no host":      {Background: "https:///a"},
		"a link, too long":     {Website: "https://rail.example/" + strings.Repeat("a", 2048)},
		"a link in Cyrillic":   {Website: "https://rаil.example/"},
		"a colour by name":     {Colour: "red; background: url(x)"},
		"a long description":   {Description: strings.Repeat("车", 501)},
		"a hidden mark":        {Description: "a\u202eb"},
		"no mail address":      {Email: "rail"},
		"a header in the mail": {Email: "a@b.example\r\nBcc: c@d.example"},
		"no number":            {Phone: "12306a"},
		"a long signature":     {Signature: strings.Repeat("车", 51)},
		"brackets":             {Signature: "银行】【铁路"},
		"a line break":         {Signature: "Rail\nBank"},
	} {
		_, err := w.SetProfile(t.Context(), c.ID, p, "rail")
		if simtrust.ReasonOf(err) != sender.ReasonProfile || simtrust.KindOf(err) != simtrust.KindInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	full := sender.Profile{Logo: "https://rail.example/l.png", Background: "https://rail.example/b.png", Description: strings.Repeat("车", 500),
		Colour: "#0a2540", Website: "https://rail.example/", Terms: "https://rail.example/terms", Email: "service@rail.example", Phone: "12306",
		Signature: strings.Repeat("车", 50)}
	got, err := w.SetProfile(t.Context(), c.ID, full, "rail")
	if must(t, got, err); got.Profile != full || got.Revision != 2 {
		t.Errorf("%+v", got)
	}
	_, err = w.SetProfile(t.Context(), simtrust.NewID("bot"), full, "rail")
	wantError(t, err, simtrust.KindNotFound, sender.ReasonUnknownBot)
}

// TestMenus: three entries, five below each, and no deeper.
func TestMenus(t *testing.T) {
	w := embedded(t)
	c := w.draft(w.brand("Rail", "Rail Ltd"), "rail")
	entries := func(n int, e gsma.MenuEntry) (all []gsma.MenuEntry) {
		for range n {
			all = append(all, e)
		}
		return all
	}
	reply := gsma.MenuEntry{Suggestion: gsma.NewReply("Tickets", "t")}
	sub := func(n int, e gsma.MenuEntry) gsma.MenuEntry {
		return gsma.MenuEntry{Menu: &gsma.Menu{DisplayText: "More", Entries: entries(n, e)}}
	}
	for what, m := range map[string]gsma.Menu{
		"four entries":     {Entries: entries(4, reply)},
		"six below":        {Entries: entries(1, sub(6, reply))},
		"three levels":     {Entries: entries(1, sub(1, sub(1, reply)))},
		"none below":       {Entries: entries(1, sub(0, reply))},
		"an empty entry":   {Entries: entries(1, gsma.MenuEntry{})},
		"a long text":      {Entries: entries(1, gsma.MenuEntry{Suggestion: gsma.NewReply(strings.Repeat("a", 26), "t")})},
		"a direction mark": {Entries: entries(1, gsma.MenuEntry{Suggestion: gsma.NewReply("a\u202eb", "t")})},
	} {
		_, err := w.SetMenu(t.Context(), c.ID, m, "rail")
		if simtrust.ReasonOf(err) != sender.ReasonMenu || simtrust.KindOf(err) != simtrust.KindInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	full := gsma.Menu{Entries: entries(3, sub(5, reply))}
	got, err := w.SetMenu(t.Context(), c.ID, full, "rail")
	if must(t, got, err); len(got.Menu.Entries) != 3 {
		t.Errorf("%+v", got.Menu)
	}
	got, err = w.SetMenu(t.Context(), c.ID, gsma.Menu{}, "rail")
	if must(t, got, err); len(got.Menu.Entries) != 0 {
		t.Errorf("%+v", got.Menu)
	}
}
