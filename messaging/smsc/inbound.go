package smsc

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/smpp"
	"simtrust/internal/sqldb"
	"simtrust/messaging/parts"
)

// inbound takes a text from a person. What can never be taken is acknowledged and counted: it would only come again.
func (b *Bearer) inbound(ctx context.Context, m *smpp.Message) error {
	chatbot, err := b.codes.chatbot(ctx, m.Destination.Value)
	if err != nil {
		return err
	}
	from, unreadable := simtrust.ParseNumber(m.Source.Global())
	if unreadable != nil || chatbot == "" {
		b.metrics.came("text to or from nobody")
		return nil
	}
	whole, err := b.parts.Add(ctx, b.SystemID, m)
	switch {
	case simtrust.KindOf(err) == simtrust.KindInvalid:
		b.metrics.came("unreadable text")
		return nil
	case err != nil || whole == nil:
		return err
	}
	return b.received(ctx, Inbound{From: from, Chatbot: chatbot, Text: whole.Words}, whole)
}

func (b *Bearer) received(ctx context.Context, m Inbound, whole *parts.Text) (err error) {
	if m.ID, err = b.heard(ctx, whole.Digest); err != nil {
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
	return b.parts.Done(ctx, whole)
}

// again is for how long the same text from the same person is the same message, delivered once more.
const again = time.Minute

// heard returns the id of a message: the one that it had where it came shortly before, else a new one.
func (b *Bearer) heard(ctx context.Context, digest string) (id string, err error) {
	now := b.Now()
	err = b.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `insert into messaging_smsc_heard (digest, id, at) values ($1, $2, $3)
			on conflict (digest) do update set
				id = case when messaging_smsc_heard.at < $4 then excluded.id else messaging_smsc_heard.id end,
				at = case when messaging_smsc_heard.at < $4 then excluded.at else messaging_smsc_heard.at end
			returning id`, digest, simtrust.NewID("mo"), now.UnixMilli(), now.Add(-again).UnixMilli()).Scan(&id)
	})
	return id, err
}
