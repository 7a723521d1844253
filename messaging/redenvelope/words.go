package redenvelope

import (
	"cmp"
	"fmt"

	"simtrust/messaging/gsma"
)

// words are what people read, in one language.
type words struct {
	title    map[Kind]string
	greeting string
	button   string
	got      string
	refused  map[string]string // by reason
	unfit    string            // for all other reasons: a rule that is told is a rule to be got round
	units    map[string]string
}

var inLanguage = map[gsma.Language]words{
	gsma.Chinese: {
		title:    map[Kind]string{Money: "送您一个红包", Data: "送您一个流量红包"},
		greeting: "恭喜发财，大吉大利",
		button:   "拆红包",
		got:      "您领到了 %s。",
		refused: map[string]string{ReasonOver: "来晚了，红包已被领完。", ReasonExpired: "来晚了，红包已过期。",
			ReasonClosed: "活动已结束，红包不能再领。"},
		unfit: "抱歉，您的号码不符合本次活动的条件。",
		units: map[string]string{"CNY": "%s 元", "HKD": "%s 港元", "MOP": "%s 澳门元", "USD": "%s 美元", "EUR": "%s 欧元"},
	},
	gsma.English: {
		title:    map[Kind]string{Money: "A red envelope for you", Data: "A red envelope of data for you"},
		greeting: "Good luck and prosperity",
		button:   "Open",
		got:      "You got %s.",
		refused: map[string]string{ReasonOver: "Too late: everything has been taken.", ReasonExpired: "Too late: the red envelope has expired.",
			ReasonClosed: "The campaign has ended."},
		unfit: "Sorry, your number does not meet the conditions of this campaign.",
		units: map[string]string{"CNY": "CNY %s", "HKD": "HKD %s", "MOP": "MOP %s", "USD": "USD %s", "EUR": "EUR %s"},
	},
}

func (r *Request) words() words { return inLanguage[cmp.Or(r.Language, gsma.Chinese)] }

// card is the message that the door stands in.
func (r *Request) card(postback string) gsma.Content {
	w := r.words()
	return gsma.Content{RichCard: gsma.RichCard{Card: &gsma.Card{Layout: gsma.CardLayout{Orientation: gsma.Vertical},
		Content: gsma.CardContent{Title: w.title[r.Kind], Description: cmp.Or(r.Greeting, w.greeting),
			Suggestions: []gsma.Suggestion{gsma.NewReply(w.button, postback)}}}}}
}

// told is what a person reads who got a share.
func (r *Request) told(share Share) gsma.Content {
	w := r.words()
	return gsma.Content{Text: fmt.Sprintf(w.got, w.amount(r.Asset, share.Amount))}
}

// refusedFor is what a person reads who got none.
func (r *Request) refusedFor(reason string) gsma.Content {
	w := r.words()
	return gsma.Content{Text: cmp.Or(w.refused[reason], w.unfit)}
}

func (w words) amount(a Asset, n int64) string {
	if a.Kind == Money {
		return fmt.Sprintf(w.units[a.Unit], fmt.Sprintf("%d.%02d", n/100, n%100))
	}
	return fmt.Sprintf("%d %s", n, a.Unit)
}
