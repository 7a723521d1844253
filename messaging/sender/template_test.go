package sender_test

import (
	"strings"
	"testing"

	"simtrust"
	"simtrust/messaging/sender"
)

// TestTextOfTemplates: only what was approved, for the chatbot that submitted it, filled as it was submitted.
func TestTextOfTemplates(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.draft(w.brand("Rail", "Rail Ltd"), "rail")
		other := w.draft(w.brand("Bank", "Bank Ltd"), "bank")
		tpl, err := w.SubmitTemplate(t.Context(), sender.TemplateReq{Chatbot: c.ID, Class: sender.Transaction, Body: "Train {{1}} leaves at {{2}}: {{1}}.", By: "rail"})
		must(t, tpl, err)
		values := []string{"G7", "9:00"}
		_, _, err = w.Text(t.Context(), c.ID, tpl.ID, values)
		wantError(t, err, simtrust.KindDenied, sender.ReasonNotApproved)
		_, err = w.ReviewTemplate(t.Context(), tpl.ID, true, operator)
		must(t, tpl, err)
		class, text, err := w.Text(t.Context(), c.ID, tpl.ID, values)
		if must(t, tpl, err); class != sender.Transaction || text != "Train G7 leaves at 9:00: G7." {
			t.Errorf("%s: %s", class, text)
		}

		_, _, others := w.Text(t.Context(), other.ID, tpl.ID, values)
		wantError(t, others, simtrust.KindNotFound, sender.ReasonUnknownText)
		if _, _, none := w.Text(t.Context(), other.ID, simtrust.NewID("tpl"), values); others.Error() != none.Error() {
			t.Errorf("another's: %v, none: %v", others, none)
		}
		for name, bad := range map[string][]string{
			"too few": {"G7"}, "too many": {"G7", "9", "x"}, "empty": {"", "9"}, "a line break": {"G7\nG8", "9"}, "a slot": {"{{2}}", "9"},
			"half a slot": {"{{", "9"}, "a direction mark": {"G\u202e7", "9"}, "long": {strings.Repeat("a", 201), "9"},
		} {
			if _, _, err := w.Text(t.Context(), c.ID, tpl.ID, bad); simtrust.ReasonOf(err) != sender.ReasonValues {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err = w.ReviewTemplate(t.Context(), tpl.ID, false, operator)
		must(t, tpl, err)
		_, _, err = w.Text(t.Context(), c.ID, tpl.ID, values)
		wantError(t, err, simtrust.KindDenied, sender.ReasonNotApproved)
	})
}

// TestTextChangedAfterApproval: a changed text is another template, which waits; and one that was changed behind the service's back is not
// what was approved.
func TestTextChangedAfterApproval(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.draft(w.brand("Rail", "Rail Ltd"), "rail")
		submit := func(class sender.Class, body string) sender.Template {
			t.Helper()
			tpl, err := w.SubmitTemplate(t.Context(), sender.TemplateReq{Chatbot: c.ID, Class: class, Body: body, By: "rail"})
			return must(t, tpl, err)
		}
		tpl := submit(sender.Transaction, "Your train leaves.")
		_, err := w.ReviewTemplate(t.Context(), tpl.ID, true, operator)
		must(t, tpl, err)
		for _, changed := range []sender.Template{submit(sender.Transaction, "Your train leaves!"), submit(sender.Promotion, "Your train leaves.")} {
			if changed.ID == tpl.ID || changed.State != sender.Pending {
				t.Errorf("changed: %+v", changed)
			}
			_, _, err = w.Text(t.Context(), c.ID, changed.ID, nil)
			wantError(t, err, simtrust.KindDenied, sender.ReasonNotApproved)
		}
		_, text, err := w.Text(t.Context(), c.ID, tpl.ID, nil)
		if must(t, tpl, err); text != "Your train leaves." {
			t.Errorf("the approved text is now %q", text)
		}
		for column, value := range map[string]string{"body": "You won a train.", "class": "promotion"} {
			w.tamper(`update messaging_template set `+column+` = $2 where id = $1`, tpl.ID, value)
			_, _, err = w.Text(t.Context(), c.ID, tpl.ID, nil)
			wantError(t, err, simtrust.KindDenied, sender.ReasonNotApproved)
			w.tamper(`update messaging_template set body = $2, class = $3 where id = $1`, tpl.ID, tpl.Body, string(tpl.Class))
		}
		_, _, err = w.Text(t.Context(), c.ID, tpl.ID, nil)
		must(t, tpl, err)
	})
}

func TestBadTemplates(t *testing.T) {
	w := embedded(t)
	c := w.draft(w.brand("Rail", "Rail Ltd"), "rail")
	for name, body := range map[string]string{
		"empty": "", "space": " \n ", "a slot alone": "{{1}}", "slots alone": "{{1}} - {{2}}", "side by side": "Hello {{1}}{{2}}.", "a gap": "Hello {{2}}.",
		"from nought": "Hello {{0}}.", "a name": "Hello {{name}}.", "a sign": "Hello {{+1}}.", "a nought before": "Hello {{01}}.", "too many": "Hello {{21}}.",
		"open": "Hello {{1", "closed": "Hello 1}}.", "nested": "Hello {{{{1}}}}.", "a direction mark": "Hello\u202e", "a NUL": "Hello\x00", "no UTF-8": "Hello\xff",
		"long": strings.Repeat("字", 2001),
	} {
		_, err := w.SubmitTemplate(t.Context(), sender.TemplateReq{Chatbot: c.ID, Class: sender.Promotion, Body: body})
		if simtrust.KindOf(err) != simtrust.KindInvalid || simtrust.ReasonOf(err) != sender.ReasonTemplate {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, class := range []sender.Class{"", "PROMOTION", "advertisement"} {
		_, err := w.SubmitTemplate(t.Context(), sender.TemplateReq{Chatbot: c.ID, Class: class, Body: "Sale"})
		wantError(t, err, simtrust.KindInvalid, sender.ReasonClass)
	}
}
