package gsma_test

import (
	"fmt"

	"simtrust/messaging/gsma"
)

// A card on its way to a telephone that has text messages only, and the answer on its way back.
func Example() {
	c := gsma.Content{RichCard: gsma.RichCard{Card: &gsma.Card{
		Layout: gsma.CardLayout{Orientation: gsma.Vertical},
		Content: gsma.CardContent{Title: "Purchase", Description: "Card 1234: CNY 88.00", Suggestions: []gsma.Suggestion{
			gsma.NewReply("Confirm", "txn:confirm"), gsma.NewReply("Deny", "txn:deny"),
		}},
	}}}
	fmt.Println(gsma.Check(c, gsma.SMS.Limits()))
	r, answers, err := gsma.Degrade(c, gsma.SMS.Limits(), gsma.Options{Signature: "Bank", Language: gsma.English})
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Text)
	a, ok := gsma.Match(answers, " 2. ")
	fmt.Println(ok, a.Response().Reply.Postback.Data)
	// Output:
	// sms takes at most 0 items in /message/generalPurposeCard, not 1
	// 【Bank】Purchase
	// Card 1234: CNY 88.00
	// Reply 1 Confirm
	// Reply 2 Deny
	// true txn:deny
}
