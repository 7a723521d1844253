package sandbox

import "path/filepath"

// doors tells how foreign bots send, and what messages open. What is typed goes on from the step before. command is how this program is
// called.
func (c Contract) doors(line func(format string, args ...any), json, dir, command string) {
	shop, bank := c.chatbot("shop"), c.chatbot("bank")
	to := c.Subscribers[doorsTo]
	phone := c.Handset + "/subscribers/" + to.Number
	line("8  The same carousel from bots that were written for other platforms, to the fourth subscriber's phone, %s/messages", phone)
	line("   As one for Google's RCS for Business, docs/messaging-rbm.md:")
	line(`     curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d @%s \`, filepath.Join(dir, googleFile))
	line(`       "%s/v1/phones/%s/agentMessages?messageId=tour-$RANDOM&agentId=%s"; echo`, c.URLs["rbm"], to.Number, shop.AgentID)
	line("   As one of the Chinese interface, docs/messaging-csp.md; the same messageId again is sent once:")
	line(`     ACCESS=$(curl -s -H 'Content-Type: application/json' -d '{"appId":"%s","appKey":"%s"}' \`, shop.AppID, shop.AppKey)
	line(`       %s/bot/v1/%s/accessToken | sed 's/.*"accessToken": *"\([^"]*\)".*/\1/')`, c.URLs["csp"], shop.ChatbotID)
	line(`     curl -s -H "Authorization: accessToken $ACCESS" -H 'Content-Type: application/json' -d @%s %s/bot/v1/%s/messages; echo`,
		filepath.Join(dir, chineseFile), c.URLs["csp"], shop.ChatbotID)
	line("")
	line("9  One tap into the shop, logged in. Send the carousel of step 7 to this phone too, and take this browser off the first subscriber's data")
	line("   connection, as if it were on Wi-Fi:")
	line("     send %s; curl -X POST %s/numbers/%s/detach", to.Number, c.Operator, c.Subscribers[0].Number)
	line("   Press 查看详情 in the last carousel. As the browser is nobody's phone now, the page offers a code: six digits that the fourth")
	line("   subscriber's SIM shows, %s. On the phone's own connection nothing is asked, and on", phone)
	line("   another person's, as this browser is again after this, another 查看详情 opens nothing:")
	line("     curl -X POST %s/numbers/%s/attach", c.Operator, c.Subscribers[0].Number)
	line("   docs/messaging-onetap.md goes on.")
	line("")
	line("10 Confirm a purchase as a bank's customer: %s/messages shows it.", phone)
	line(`     buy() { curl -s -H "Authorization: Bearer $(curl -s -u %s:%s -d 'grant_type=client_credentials&scope=messaging:send' %s/token |`,
		bank.ClientID, bank.ClientSecret, c.Issuer)
	line(`       sed 's/.*"access_token":"\([^"]*\)".*/\1/')" -H 'Content-Type: application/json' %s/purchases -d "{\"chatbot\":\"%s\",`, c.URLs["messaging"], bank.AgentID)
	line(`       \"request\":\"$(%s messaging purchase sign --sandbox %s %s $1 --payee 山茶小店 --account 6217000010001234567)\"}"; echo; }`, command, json, to.Number)
	line("     buy 128.00")
	line("   The button is enough. A large one goes on to the SIM, %s, with the signing PIN %s:", phone, to.SigningPIN)
	line("     buy 48000.00")
	line("   docs/messaging-purchase.md goes on: the signed result.")
	line("")
	line("11 A red envelope: the operator funds the shop with 888 hundredths of a yuan, the shop sends, the phone opens it:")
	line("   %s/messages. Open it twice, and be told once.", phone)
	line("     %s messaging red-envelope fund %s 888 CNY --sandbox %s", command, shop.AgentID, json)
	line(`     ENVELOPE=$(curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d @%s %s/red-envelopes |`,
		filepath.Join(dir, envelopeFile), c.URLs["messaging"])
	line(`       sed 's/.*"campaign":"\([^"]*\)".*/\1/')`)
	line(`     curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"to":["%s"]}' %s/red-envelopes/$ENVELOPE/messages; echo`,
		to.Number, c.URLs["messaging"])
	line("   docs/messaging-redenvelope.md goes on.")
	line("")
}

// chatbot returns the one of a name.
func (c Contract) chatbot(name string) (found ContractChatbot) {
	for _, b := range c.Chatbots {
		if b.Name == name {
			found = b
		}
	}
	return found
}
