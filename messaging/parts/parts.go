package parts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"simtrust"
	"simtrust/internal/smpp"
	"simtrust/internal/sms"
	"simtrust/internal/sqldb"
)

// ReasonText: a message holds no text. It is of kind invalid.
const ReasonText = "text_refused"

// Life is how long the segments of a text may take.
const Life = time.Hour

// maxSegment is how many octets a segment has at most, which is what a short_message has room for: so 255 of them are no burden.
const maxSegment = 254

// Store puts texts together. It is safe for concurrent use.
type Store struct {
	db  *sqldb.DB
	key []byte
	now func() time.Time
}

// New returns a store over a migrated database. The key, of 32 octets or more, is the same for good.
func New(db *sqldb.DB, key []byte, now func() time.Time) *Store { return &Store{db, key, now} }

// Text is a text with all its segments.
type Text struct {
	Words string
	// Digest tells texts apart: keyed, over the peer, both addresses, the reference of a long text, and the words.
	Digest string
	// seal is the digest without the words, under which segments are kept; empty for what came in one piece.
	seal string
}

// Add takes a message of a peer and returns the text that is complete with it, by itself or with segments that came before, by user data
// header or SAR parameters; nil: others are missing. The segments stay until Done, so that the last one can be added again. Errors: of
// kind invalid, with [ReasonText], where there is no text in it or a segment is longer than a short message, and then nothing is kept;
// the store's.
func (s *Store) Add(ctx context.Context, peer string, m *smpp.Message) (*Text, error) {
	c, body, err := segmentOf(m)
	if err != nil {
		return nil, errText
	}
	seal := s.digest(peer, m.Source.Value, m.Destination.Value, fmt.Sprint(c.Reference, c.Wide, c.Total))
	p := piece{int(c.Number), m.Coding, body}
	if c.Total < 2 {
		words, err := join([]piece{p})
		return &Text{Words: words, Digest: s.digest(seal, words)}, err
	}
	if !p.possible() {
		return nil, errText
	}
	pieces, err := s.keep(ctx, seal, p)
	if err != nil || len(pieces) < int(c.Total) {
		return nil, err
	}
	return s.whole(ctx, seal, pieces)
}

// whole reads a text whose segments are all there. Where they are none, they are forgotten: another text under their reference would end
// with them.
func (s *Store) whole(ctx context.Context, seal string, pieces []piece) (*Text, error) {
	words, err := join(pieces)
	t := &Text{Words: words, Digest: s.digest(seal, words), seal: seal}
	if err == nil {
		return t, nil
	}
	if left := s.Done(ctx, t); left != nil {
		return nil, left
	}
	return nil, err
}

func (s *Store) digest(of ...string) string {
	mac := hmac.New(sha256.New, s.key)
	_, _ = fmt.Fprintf(mac, "%q", of) // never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// piece is a segment: a body as the alphabet of its coding has it.
type piece struct {
	number int
	coding smpp.Coding
	body   []byte
}

// possible reports a segment that a text can have. It need not be one by itself: some senders cut characters in two.
func (p piece) possible() bool {
	_, err := join([]piece{{coding: p.coding}})
	return err == nil && len(p.body) <= maxSegment
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

// join reads pieces as one text.
func join(pieces []piece) (string, error) {
	whole := smpp.Message{Coding: pieces[0].coding}
	var body []byte
	for _, p := range pieces {
		if p.coding != whole.Coding {
			return "", errText
		}
		body = append(body, p.body...)
	}
	whole.Options = whole.Options.With(smpp.TagMessagePayload, body...)
	words, err := whole.Text()
	if err != nil {
		return "", errText
	}
	return words, nil
}

var errText = error(&simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonText, Op: "messaging.parts", Msg: "the message holds no text"})
