package gsma_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"simtrust/messaging/gsma"
)

func answersTo(t *testing.T, texts ...string) []gsma.Answer {
	t.Helper()
	c := gsma.Content{Text: "t"}
	for _, s := range texts {
		c.Suggestions = append(c.Suggestions, gsma.NewReply(s, "data of "+s))
	}
	_, answers := degrade(t, c, gsma.SMS, gsma.Options{})
	return answers
}

func TestTypedAnswers(t *testing.T) {
	yesNo := answersTo(t, "确认交易", "Deny it")
	stars := answersTo(t, "5", "4", "3", "2", "1")
	marks := answersTo(t, "👍", "👎")
	for _, c := range []struct {
		answers []gsma.Answer
		typed   string
		want    string
	}{
		{yesNo, "1", "确认交易"},
		{yesNo, " 2 ", "Deny it"},
		{yesNo, "２", "Deny it"},
		{yesNo, "1.", "确认交易"},
		{yesNo, "1。", "确认交易"},
		{yesNo, "“1”", "确认交易"},
		{yesNo, "1️⃣", "确认交易"},
		{yesNo, "①", "确认交易"},
		{yesNo, "回复1", "确认交易"},
		{yesNo, "回复 2", "Deny it"},
		{yesNo, "REPLY 2!", "Deny it"},
		{yesNo, "1 确认交易", "确认交易"},
		{yesNo, "确认交易。", "确认交易"},
		{yesNo, "ＤＥＮＹ　ＩＴ", "Deny it"},
		{yesNo, "deny it\r\n", "Deny it"},
		{yesNo, "reply deny it", "Deny it"},
		{stars, "11", "5"},
		{stars, "15", "1"},
		{stars, "5", "5"},
		{stars, "1", "1"},
		{marks, "👍", "👍"},
		{marks, "2", "👎"},
	} {
		if a, ok := gsma.Match(c.answers, c.typed); !ok || a.DisplayText != c.want || a.Postback.Data != "data of "+c.want {
			t.Errorf("%q: %+v %t, want %s", c.typed, a, ok, c.want)
		}
	}
}

func TestTypedTextThatAnswersNothing(t *testing.T) {
	same := answersTo(t, "预订", "预订")
	yesNo := answersTo(t, "Yes", "No")
	for _, c := range []struct {
		answers []gsma.Answer
		typed   string
	}{
		{yesNo, ""}, {yesNo, " "}, {yesNo, "."}, {yesNo, "0"}, {yesNo, "3"}, {yesNo, "12"}, {yesNo, "1 2"}, {yesNo, "1 or 2"}, {yesNo, "-"}, {yesNo, "reply"},
		{yesNo, "回复"}, {yesNo, "yes no"}, {yesNo, "no thanks"}, {yesNo, "1 No"}, {yesNo, "2 Yes"}, {yesNo, "Yesterday"}, {yesNo, "reply reply 1"},
		{same, "预订"}, {nil, "1"},
	} {
		if a, ok := gsma.Match(c.answers, c.typed); ok {
			t.Errorf("%q is taken as %+v", c.typed, a)
		}
	}
	if a, ok := gsma.Match(same, "2"); !ok || a.Code != "2" {
		t.Errorf("the code tells them apart: %+v %t", a, ok)
	}
}

func TestAnswerIsTheResponseOfATelephone(t *testing.T) {
	a, ok := gsma.Match(answersTo(t, "Yes"), "yes")
	want := gsma.NewReply("Yes", "data of Yes").Response()
	if diff := cmp.Diff(want, a.Response()); !ok || diff != "" {
		t.Error(diff)
	}
	if got := gsma.NewAction("Call", "c", gsma.Action{}).Response(); got.Action.Postback.Data != "c" || got.Reply != nil {
		t.Errorf("%+v", got)
	}
}
