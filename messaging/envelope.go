package messaging

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"

	"simtrust"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/sender"
	"simtrust/messaging/statement"
)

// Envelope is what goes with a rich message to one handset.
type Envelope struct {
	Sender    sender.Chatbot
	Statement string
	Salt      []byte
}

// Seal states who sends a copy. A chatbot that is not live any more sends nothing: KindDenied with the reason.
func (s *Service) Seal(ctx context.Context, c dispatch.Submission) (Envelope, error) {
	chatbot, err := s.Senders.Live(ctx, c.Chatbot)
	if err != nil {
		return Envelope{}, err
	}
	e := Envelope{Sender: chatbot, Salt: statement.NewSalt()}
	e.Statement, err = s.Notary.Make(statement.Statement{
		Sender: chatbot.ID, Name: chatbot.Name, Brand: chatbot.BrandName, Message: c.Message, Channel: string(c.Channel),
		Certificate: [sha256.Size]byte(chatbot.Certificate.SHA256), Digest: statement.Digest(c.ContentType, c.Payload),
		Recipient: statement.Recipient(e.Salt, c.Number),
	})
	return e, err
}

// ReasonReplaced: the chatbot has another certificate now. It is of kind denied.
const ReasonReplaced = "certificate_replaced"

// Standing implements statement.Senders.
func (s *Service) Standing(ctx context.Context, chatbot string, certificate [sha256.Size]byte) error {
	c, err := s.Senders.Live(ctx, chatbot)
	switch {
	case simtrust.KindOf(err) == simtrust.KindNotFound:
		return &simtrust.Error{Kind: simtrust.KindDenied, Reason: simtrust.ReasonOf(err), Op: op, Msg: "the sender is not known any more"}
	case err != nil:
		return err
	case subtle.ConstantTimeCompare(c.Certificate.SHA256, certificate[:]) != 1:
		return &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonReplaced, Op: op, Msg: "the sender has another certificate now"}
	}
	return nil
}
