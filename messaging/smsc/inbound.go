package smsc

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"simtrust"
	"simtrust/internal/smpp"
	"simtrust/internal/sms"
)

// inbound takes a text from a person. What can never be taken is acknowledged and counted: it would only come again.
func (b *Bearer) inbound(ctx context.Context, m *smpp.Message) error {
	chatbot, err := b.codes.chatbot(ctx, m.Destination.Value)
	if err != nil {
		return err
	}
	from, unreadable := numberOf(m.Source)
	if unreadable != nil || chatbot == "" {
		b.metrics.came("text to or from nobody")
		return nil
	}
	whole, err := b.assemble(ctx, m)
	switch {
	case simtrust.KindOf(err) == simtrust.KindInvalid:
		b.metrics.came("unreadable text")
		return nil
	case err != nil || whole == nil:
		return err
	}
	return b.received(ctx, Inbound{From: from, Chatbot: chatbot, Text: whole.text}, whole)
}

func (b *Bearer) received(ctx context.Context, m Inbound, whole *message) (err error) {
	if m.ID, err = b.heard(ctx, b.digest(whole.seal, m.Text)); err != nil {
		return err
	}
	switch err = b.Inbox.Received(ctx, m); simtrust.KindOf(err) {
	case "":
		b.metrics.came("text")
	case simtrust.KindUnavailable, simtrust.KindInternal, simtrust.KindLimited:
		return err
	default:
		b.metrics.came("refused text")
	}
	if !whole.long {
		return nil
	}
	return b.forget(ctx, whole.seal)
}

// numberOf reads a person's address: international digits, which most service centres mark as such and some do not.
func numberOf(a sms.Address) (simtrust.Number, error) {
	if a.Type != sms.International && a.Type != sms.UnknownNumber {
		return simtrust.ParseNumber("")
	}
	return simtrust.ParseNumber("+" + strings.TrimPrefix(a.Value, "+"))
}

// seal is a keyed digest of what tells messages from persons apart: both addresses, and the reference of a long one.
func (b *Bearer) seal(m *smpp.Message, c sms.Concatenation) []byte {
	mac := hmac.New(sha256.New, b.Key)
	_, _ = fmt.Fprintf(mac, "%q %q %t %d %d", m.Source.Value, m.Destination.Value, c.Wide, c.Reference, c.Total)
	return mac.Sum(nil)
}

func (b *Bearer) digest(seal []byte, text string) string {
	mac := hmac.New(sha256.New, b.Key)
	mac.Write(seal)
	_, _ = mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}
