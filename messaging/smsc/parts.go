package smsc

import (
	"context"
	"database/sql"
	"encoding/hex"
	"time"

	"simtrust"
	"simtrust/internal/smpp"
	"simtrust/internal/sms"
	"simtrust/internal/sqldb"
)

const (
	// partsLife is how long the segments of a message may take.
	partsLife = time.Hour
	// again is for how long the same text from the same person is the same message, delivered once more.
	again = time.Minute
)

// part is a segment of a message from a person.
type part struct {
	number int
	coding smpp.Coding
	body   []byte
}

// message is a message from a person with all its segments.
type message struct {
	text string
	// seal is what it is known by, beside its text; long says that there are segments of it in the store.
	seal []byte
	long bool
}

// assemble returns the message that is complete with this segment; nil: others are missing. Error: of kind invalid where there is no text
// in it.
func (b *Bearer) assemble(ctx context.Context, m *smpp.Message) (*message, error) {
	c, body, err := segmentOf(m)
	if err != nil {
		return nil, errUnreadable
	}
	parts := []part{{int(c.Number), m.Coding, body}}
	text, err := readable(parts)
	whole := &message{text: text, seal: b.seal(m, c), long: c.Total > 1}
	if err != nil || !whole.long {
		return whole, err
	}
	if parts, err = b.keep(ctx, hex.EncodeToString(whole.seal), parts[0]); err != nil || len(parts) < int(c.Total) {
		return nil, err
	}
	whole.text, err = readable(parts)
	return whole, err
}

// segmentOf says which segment of a message it is, by its header or its SAR parameters, and what it holds.
func segmentOf(m *smpp.Message) (c sms.Concatenation, body []byte, err error) {
	u, err := m.Content()
	if err != nil {
		return c, nil, err
	}
	c, found, err := u.Header.Concatenation()
	reference, has := m.Options.Uint16(smpp.TagSARMsgRefNum)
	if found || err != nil || !has {
		return c, u.Body, err
	}
	total, _ := m.Options.Uint8(smpp.TagSARTotalSegments)
	number, _ := m.Options.Uint8(smpp.TagSARSegmentSeqnum)
	if number == 0 || number > total {
		return c, nil, sms.ErrHeader
	}
	return sms.Concatenation{Reference: reference, Wide: true, Total: total, Number: number}, u.Body, nil
}

// readable puts parts together.
func readable(parts []part) (string, error) {
	whole := smpp.Message{Coding: parts[0].coding}
	var body []byte
	for _, p := range parts {
		if p.coding != whole.Coding {
			return "", errUnreadable
		}
		body = append(body, p.body...)
	}
	whole.Options = whole.Options.With(smpp.TagMessagePayload, body...)
	text, err := whole.Text()
	if err != nil {
		return "", errUnreadable
	}
	return text, nil
}

var errUnreadable = error(&simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonText, Op: "smsc", Msg: "the message holds no text"})

// keep keeps a part and returns all that there are, in their order. Two that come at once are put one after the other by the store.
func (b *Bearer) keep(ctx context.Context, digest string, p part) (parts []part, err error) {
	now := b.Now()
	err = b.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `delete from messaging_smsc_part where digest = $1 and at < $2`, digest, now.Add(-partsLife).UnixMilli()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into messaging_smsc_part (digest, part, coding, body, at) values ($1, $2, $3, $4, $5)
			on conflict (digest, part) do update set coding = excluded.coding, body = excluded.body, at = excluded.at`,
			digest, int64(p.number), int64(p.coding), p.body, now.UnixMilli()); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `select part, coding, body from messaging_smsc_part where digest = $1 order by part`, digest)
		parts, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (p part, err error) {
			err = rows.Scan(&p.number, &p.coding, &p.body)
			return p, err
		})
		return err
	})
	return parts, err
}

// forget removes the parts of a message that was received.
func (b *Bearer) forget(ctx context.Context, seal []byte) error {
	return b.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `delete from messaging_smsc_part where digest = $1`, hex.EncodeToString(seal))
		return err
	})
}

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
