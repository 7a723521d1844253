// Package handset is the telephone around a card: it hands it the short messages that are for it, carries out what it asks for
// against a person, and sends what it wants sent (3GPP TS 31.111, ETSI TS 102 223).
//
//	phone := handset.New(card, person, send)
//	err := phone.PowerOn("1234")              // TERMINAL PROFILE, VERIFY PIN
//	go phone.Run(ctx)                         // FETCH and TERMINAL RESPONSE, as long as the telephone is on
//	report, err := phone.Deliver(tpdu)        // an SMS-DELIVER in, the SMS-DELIVER-REPORT out
//
// What a person sees is exactly what the card sent: a text that cannot be decoded as a whole is not shown.
package handset
