// Package agent is the administration agent beside a card: it fetches the packets for the card over HTTPS and brings the card's answers
// to the server (GlobalPlatform Amendment B, ETSI TS 102 226; see package session).
//
//	phone := handset.New(card, person, func(_ context.Context, tpdu []byte) error { _, err := a.Submit(tpdu); return err })
//	a := agent.New(agent.Config{URL: sessions, ICCID: card.ICCID(), Deliver: phone.Deliver, …})
//	err := a.Run(ctx)                         // as long as the phone is on
//
// An answer is kept until the server has taken or refused it, and comes before the next question. A packet that comes twice, because the
// server did not get the answer to it, is not given to the card twice: the answer is repeated.
//
// # What it does not do
//
// On a card that has the agent itself, the phone opens the channel when the card says so (OPEN CHANNEL, SEND DATA, RECEIVE DATA; ETSI TS 102
// 223 §6.4.27) and TLS ends in the card. Here the agent is in the phone, the card gets a packet as it would by short message, and what it
// would send by short message goes to the server in the next request.
package agent
