package esme_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/smpp"
	"simtrust/internal/sms"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/esme"
)

// TestSubmit: a message becomes a delivery of the account's chatbot.
func TestSubmit(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.bound(&phone{})
		m := text("您的验证码")
		m.Coding, m.Octets = smpp.CodingUCS2, []byte("\x60\xa8\x76\x84\x9a\x8c\x8b\xc1\x78\x01")
		m.Validity = smpp.RelativeTime(10 * time.Minute)
		if id := w.submits(s, m); id != "dlv_1" {
			t.Errorf("message_id %q", id)
		}
		unnamed := text("hello")
		unnamed.Source = sms.Address{}
		unnamed.Validity = smpp.RelativeTime(99 * 24 * time.Hour)
		w.submits(s, unnamed)
		got := w.back.messages()
		if want := (esme.Message{Chatbot: "bot_bank", Class: dispatch.ClassTransaction, To: number(person), Text: "您的验证码", Expires: start.Add(10 * time.Minute)}); got[0] != want {
			t.Errorf("%+v", got[0])
		}
		if got[1].Text != "hello" || !got[1].Expires.Equal(start.Add(30*24*time.Hour)) {
			t.Errorf("%+v", got[1])
		}
	})
}

func number(digits string) simtrust.Number {
	n, err := simtrust.ParseNumber("+" + digits)
	if err != nil {
		panic(err)
	}
	return n
}

// TestRefusals: what is wrong with a message is told in SMPP's words, and nothing is sent.
func TestRefusals(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.bound(&phone{})
		for name, c := range map[string]struct {
			change func(*smpp.Message)
			want   smpp.Status
		}{
			"another's source":         {func(m *smpp.Message) { m.Source.Value = "106900009999" }, smpp.StatusInvalidSource},
			"a longer source":          {func(m *smpp.Message) { m.Source.Value += "1" }, smpp.StatusInvalidSource},
			"a name for a source":      {func(m *smpp.Message) { m.Source = sms.Address{Type: sms.Alphanumeric, Value: "BANK"} }, smpp.StatusInvalidSource},
			"no destination":           {func(m *smpp.Message) { m.Destination = sms.Address{} }, smpp.StatusInvalidDestination},
			"a national destination":   {func(m *smpp.Message) { m.Destination = sms.Address{Type: sms.National, Value: "13800000001"} }, smpp.StatusInvalidDestination},
			"a word for a destination": {func(m *smpp.Message) { m.Destination.Value = "phone" }, smpp.StatusInvalidDestination},
			"a short destination":      {func(m *smpp.Message) { m.Destination.Value = "110" }, smpp.StatusInvalidDestination},
			"a schedule":               {func(m *smpp.Message) { m.Schedule = smpp.RelativeTime(time.Hour) }, smpp.StatusInvalidSchedule},
			"in place of another":      {func(m *smpp.Message) { m.ReplaceIfPresent = 1 }, smpp.StatusInvalidReplaceFlag},
			"a canned message":         {func(m *smpp.Message) { m.DefaultMessageID = 1 }, smpp.StatusInvalidDefaultMessage},
			"an acknowledgement":       {func(m *smpp.Message) { m.Class = smpp.ClassAcknowledgement }, smpp.StatusInvalidClass},
			"a receipt":                {func(m *smpp.Message) { m.Class = smpp.ClassReceipt }, smpp.StatusInvalidClass},
			"too late":                 {func(m *smpp.Message) { m.Validity = smpp.AbsoluteTime(start) }, smpp.StatusInvalidExpiry},
			"nothing":                  {func(m *smpp.Message) { m.Octets = nil }, smpp.StatusInvalidMessageLength},
			"octets":                   {func(m *smpp.Message) { m.Coding = smpp.CodingBinary }, smpp.StatusSubmitFailed},
			"half a character":         {func(m *smpp.Message) { m.Coding, m.Octets = smpp.CodingUCS2, []byte{0x60} }, smpp.StatusSubmitFailed},
			"a header of none":         {func(m *smpp.Message) { m.Class = smpp.ClassHeader }, smpp.StatusSubmitFailed},
		} {
			m := text("hello")
			c.change(&m)
			if _, err := s.Submit(t.Context(), &smpp.SubmitSM{Message: m}); !refusedWith(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, p := range []smpp.PDU{&smpp.DataSM{Message: smpp.Message{Options: smpp.Options(nil).With(smpp.TagMessagePayload, 'x')}}, &smpp.ReplaceSM{MessageID: "dlv_1"}} {
			if _, err := s.Do(t.Context(), p); !refusedWith(err, smpp.StatusInvalidCommand) {
				t.Errorf("%s: %v", p.Command(), err)
			}
		}
		if n := len(w.back.messages()); n > 0 {
			t.Errorf("%d were sent", n)
		}
	})
}

// TestAnswers: what messaging refuses is told without the reason.
func TestAnswers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.bound(&phone{})
		for _, c := range []struct {
			kind   simtrust.Kind
			reason string
			want   smpp.Status
		}{
			{simtrust.KindUnprocessable, "recipient_changed", smpp.StatusInvalidDestination},
			{simtrust.KindUnprocessable, "no_opt_in", smpp.StatusInvalidDestination},
			{simtrust.KindLimited, "over_second_quota", smpp.StatusThrottled},
			{simtrust.KindLimited, "over_day_quota", smpp.StatusQueueFull},
			{simtrust.KindLimited, "over_year_quota", smpp.StatusQueueFull},
			{simtrust.KindInvalid, "content_over_limit", smpp.StatusInvalidMessageLength},
			{simtrust.KindInvalid, "content_refused", smpp.StatusSubmitFailed},
			{simtrust.KindDenied, "sender_suspended", smpp.StatusSubmitFailed},
			{simtrust.KindUnavailable, "store_unavailable", smpp.StatusSystemError},
			{simtrust.KindInternal, "", smpp.StatusSystemError},
		} {
			w.back.refuse = &simtrust.Error{Kind: c.kind, Reason: c.reason}
			if _, err := s.Submit(t.Context(), &smpp.SubmitSM{Message: text("hello")}); !refusedWith(err, c.want) {
				t.Errorf("%s %s: %v", c.kind, c.reason, err)
			}
		}
	})
}

// TestSegments: a long text is one message when all of it is there; what failed is sent again with its last segment.
func TestSegments(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.bound(&phone{})
		m := text("")
		for i, by := range []smpp.Carriage{smpp.CarryHeader, smpp.CarryWideHeader, smpp.CarrySAR, smpp.CarryPayload} {
			words := strings.Repeat("长", 150)
			list, err := m.Split(words, by, 7)
			if err != nil {
				t.Fatal(err)
			}
			slices.Reverse(list)
			for _, part := range list[:len(list)-1] {
				if id := w.submits(s, part); strings.HasPrefix(id, "dlv_") {
					t.Errorf("a segment is %s", id)
				}
			}
			last := list[len(list)-1]
			w.back.refuse = &simtrust.Error{Kind: simtrust.KindLimited, Reason: "over_second_quota"}
			if _, err := s.Submit(t.Context(), &smpp.SubmitSM{Message: last}); !refusedWith(err, smpp.StatusThrottled) {
				t.Errorf("%v", err)
			}
			w.back.refuse = nil
			w.submits(s, last)
			if got := w.back.messages(); len(got) != i+1 || got[i].Text != words {
				t.Errorf("%d: %d messages", by, len(got))
			}
		}
	})
}

// TestRefusedSegments: of a long text that was refused for good nothing is left that another one under the same reference could end with.
func TestRefusedSegments(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.bound(&phone{})
		m := text("")
		first, err := m.Split(strings.Repeat("旧", 100), smpp.CarryHeader, 7)
		if err != nil {
			t.Fatal(err)
		}
		w.submits(s, first[0])
		w.back.refuse = &simtrust.Error{Kind: simtrust.KindUnprocessable, Reason: "no_opt_in"}
		if _, err := s.Submit(t.Context(), &smpp.SubmitSM{Message: first[1]}); !refusedWith(err, smpp.StatusInvalidDestination) {
			t.Errorf("%v", err)
		}
		w.back.refuse = nil
		words := strings.Repeat("新", 100)
		second, err := m.Split(words, smpp.CarryHeader, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range second {
			w.submits(s, part)
		}
		if got := w.back.messages(); len(got) != 1 || got[0].Text != words {
			t.Errorf("%d messages: %+v", len(got), got)
		}
	})
}

// TestHangUp: who hangs up while a message is taken over has its receipt all the same, and no segment of it is left.
func TestHangUp(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.bound(&phone{})
		w.back.sending = func(ctx context.Context) {
			first.Close()
			<-ctx.Done()
		}
		list, err := text("").Split(strings.Repeat("长", 100), smpp.CarryHeader, 7)
		if err != nil {
			t.Fatal(err)
		}
		w.submits(first, list[0])
		if _, err := first.Submit(t.Context(), &smpp.SubmitSM{Message: list[1]}); !errors.Is(err, smpp.ErrUnknown) {
			t.Fatal(err)
		}
		w.until("it was taken", func() bool { return len(w.back.messages()) == 1 })
		p := &phone{}
		w.bound(p)
		w.back.becomes("dlv_1", dispatch.StateDelivered)
		if r := receiptOf(t, w.told(p, 1)[0]); r.ID != "dlv_1" {
			t.Errorf("%+v", r)
		}
		var n int
		if err := w.db.QueryRow(t.Context(), `select count(*) from messaging_part`).Scan(&n); err != nil || n > 0 {
			t.Errorf("%d segments are left, %v", n, err)
		}
	})
}

// TestQueryAndCancel: an account asks about its own messages only.
func TestQueryAndCancel(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.bound(&phone{})
		id := w.submits(s, text("hello"))
		shop := bank
		shop.SystemID = "shop"
		password, err := w.Make(t.Context(), shop)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := w.bind(&phone{}, smpp.Bind{SystemID: "shop", Password: smpp.Secret(password)})
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			s      *smpp.Session
			id     string
			source string
			query  smpp.Status
			cancel smpp.Status
		}{
			"another account":  {theirs, id, "", smpp.StatusQueryFailed, smpp.StatusCancelFailed},
			"no such message":  {s, "dlv_9", "", smpp.StatusQueryFailed, smpp.StatusCancelFailed},
			"no id":            {s, "", "", smpp.StatusQueryFailed, smpp.StatusCancelFailed},
			"another's source": {s, id, "106900009999", smpp.StatusInvalidSource, smpp.StatusInvalidSource},
		} {
			if _, err := c.s.Do(t.Context(), &smpp.QuerySM{MessageID: c.id, Source: sms.Address{Value: c.source}}); !refusedWith(err, c.query) {
				t.Errorf("%s is asked about: %v", name, err)
			}
			if _, err := c.s.Do(t.Context(), &smpp.CancelSM{MessageID: c.id, Source: sms.Address{Value: c.source}}); !refusedWith(err, c.cancel) {
				t.Errorf("%s is cancelled: %v", name, err)
			}
		}
		if len(w.back.revoked) > 0 {
			t.Fatal(w.back.revoked)
		}
		for state, want := range map[dispatch.State]smpp.State{
			dispatch.StateQueued: smpp.StateEnroute, dispatch.StateSubmitted: smpp.StateEnroute, dispatch.StateDisplayed: smpp.StateDelivered,
			dispatch.StateRefused: smpp.StateRejected, dispatch.StateUnknown: smpp.StateUnknown, dispatch.StateRevoked: smpp.StateDeleted,
		} {
			w.back.states[id] = dispatch.Status{Update: dispatch.Update{State: state, At: start}}
			answer, err := s.Do(t.Context(), &smpp.QuerySM{MessageID: id, Source: sms.Address{Value: source}})
			if err != nil {
				t.Fatal(err)
			}
			if got := answer.(*smpp.QuerySMResp); got.State != want || got.MessageID != id || (got.FinalDate != "") != state.Terminal() {
				t.Errorf("%s: %+v", state, got)
			}
		}
		if _, err := s.Do(t.Context(), &smpp.CancelSM{MessageID: id, Source: sms.Address{Value: source}}); err != nil || len(w.back.revoked) != 1 || w.back.revoked[0] != "bot_bank msgdlv_1 dlv_1" {
			t.Errorf("%v %v", err, w.back.revoked)
		}
		w.back.closed = true
		if _, err := s.Do(t.Context(), &smpp.CancelSM{MessageID: id}); !refusedWith(err, smpp.StatusCancelFailed) {
			t.Errorf("too late: %v", err)
		}
		w.back.away = &simtrust.Error{Kind: simtrust.KindUnavailable}
		if _, err := s.Do(t.Context(), &smpp.CancelSM{MessageID: id}); !refusedWith(err, smpp.StatusSystemError) {
			t.Errorf("nobody knows: %v", err)
		}
	})
}
