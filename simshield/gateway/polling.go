package gateway

import (
	"context"
	"crypto/rand"
	"database/sql"
	"time"

	"simtrust/internal/sqldb"
)

// Waiting returns the packets that are on their way to the cards with these ICCIDs, of those that poll, by ICCID. It changes nothing: until
// a packet is answered or sent again it is the same, octet for octet, as often as it is asked for.
func (g *Service) Waiting(ctx context.Context, iccids []string) (map[string][]byte, error) {
	return polledPackets(ctx, g.db, iccids, g.now())
}

// Answer takes a response packet that a card brought itself, and otherwise is Receive. A card that is not known is refused like one whose
// packet is not authentic, so that nobody learns which cards there are.
func (g *Service) Answer(ctx context.Context, iccid string, packet []byte) error {
	card, err := findCard(ctx, g.db, iccid)
	if err != nil {
		return err
	}
	if card == nil {
		card = &g.nobody
	}
	return g.open(ctx, card, packet)
}

// newNobody is a card that does not exist, with keys that nobody knows: what is held against it takes as long as against another.
func newNobody(c custody) cardRow {
	keys := make([]byte, 32)
	_, _ = rand.Read(keys) // never fails
	return c.seal(Personalisation{KeySet: 1, KIc: keys[:16], KID: keys[16:]}, time.Time{})
}

// polledPackets returns what is flying to cards that poll and has not expired.
func polledPackets(ctx context.Context, q sqldb.Querier, iccids []string, now time.Time) (map[string][]byte, error) {
	where, args := sqldb.In(q.Dialect(), "p.iccid", 3, iccids)
	rows, err := q.Query(ctx, `select p.iccid, s.command from ota_packet p join ota_card c on c.iccid = p.iccid
		join ota_sending s on s.iccid = p.iccid and s.counter = p.counter
		where p.state = 'flying' and p.expires > $1 and c.way = $2 and `+where, append([]any{now.UnixMilli(), string(WayPolling)}, args...)...)
	packets := map[string][]byte{}
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (iccid string, err error) {
		var command []byte
		err = rows.Scan(&iccid, &command)
		packets[iccid] = command
		return iccid, err
	})
	return packets, err
}
