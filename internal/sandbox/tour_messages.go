package sandbox

import "path/filepath"

// messages tells how to send a message and watch it arrive. dir is the folder of the world.
func (c Contract) messages(line func(format string, args ...any), dir string) {
	shop := c.chatbot("shop")
	to := c.Subscribers[campaignTo].Number
	line("7  Send a carousel as the shop, and watch it on the third subscriber's phone, %s/subscribers/%s/messages", c.Handset, to)
	line("     TOKEN=$(curl -s -u %s:%s -d 'grant_type=client_credentials&scope=messaging:send' %s/token |", shop.ClientID, shop.ClientSecret, c.Issuer)
	line(`       sed 's/.*"access_token":"\([^"]*\)".*/\1/')`)
	line(`     send() { sed "s/%s/$1/" %s | curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d @- %s/messages; echo; }`,
		to, filepath.Join(dir, campaignFile), c.URLs["messaging"])
	line("     send %s", to)
	line("   Press its buttons; this shows for three seconds what the shop hears of it:")
	line(`     curl -sN -m 3 -H "Authorization: Bearer $TOKEN" -H 'Last-Event-ID: 0' %s/chatbots/%s/events || true`, c.URLs["messaging"], shop.AgentID)
	line("   Switch rich messages off, and the same carousel arrives as a text message, whose numbers are the buttons:")
	line(`     curl -X POST -d '{"rcs":false}' %s/subscribers/%s/device; send %s`, c.Handset, to, to)
	line("   Give the number to somebody else, and the shop is told recipient_changed, and nothing is sent:")
	line("     curl -X POST %s/numbers/%s/release; curl -X POST %s/numbers/%s/assign; send %s", c.Operator, to, c.Operator, to, to)
	line("   docs/messaging.md goes on.")
	line("")
}
