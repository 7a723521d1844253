package gateway

import (
	"context"
	"crypto/rand"
	"database/sql"
	"time"

	"simtrust/internal/sqldb"
)

// Waiting returns the packet that is on its way to a card that polls; nil: none. It changes nothing: until a packet is answered or sent
// again it is the same, octet for octet, as often as it is asked for.
func (g *Service) Waiting(ctx context.Context, iccid string) ([]byte, error) {
	packet, err := g.polled.Do(ctx, iccid)
	if packet == nil {
		return nil, err
	}
	return *packet, err
}

// Flying returns the cards that poll and to which a packet is on its way.
func (g *Service) Flying(ctx context.Context) ([]string, error) {
	rows, err := g.db.Query(ctx, `select p.iccid from `+polledFlights, g.now().UnixMilli(), string(WayPolling))
	return sqldb.Collect(rows, err, scanText)
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

// neverFetched holds for a packet to a card that polls which was sent once and is still flying: had the card come for it, and not
// been busy all the while, it would have answered.
const neverFetched = `c.way = 'polling' and p.state = 'flying' and not exists
	(select 1 from ota_sending s where s.packet = p.id and s.counter < p.counter)`

// polledFlights are packets that are flying to cards that poll ($2) and have not expired ($1).
const polledFlights = `ota_packet p join ota_card c on c.iccid = p.iccid where p.state = 'flying' and p.expires > $1 and c.way = $2`

// readPolled returns what is flying to cards, as it left; nil where nothing is.
func (g *Service) readPolled(ctx context.Context, q sqldb.Querier, iccids []string) ([]sqldb.Result[*[]byte], error) {
	where, args := sqldb.In(q.Dialect(), "p.iccid", 3, iccids)
	rows, err := q.Query(ctx, `select p.iccid, (select s.command from ota_sending s where s.iccid = p.iccid and s.counter = p.counter)
		from `+polledFlights+` and `+where, append([]any{g.now().UnixMilli(), string(WayPolling)}, args...)...)
	found := make(map[string]*[]byte, len(iccids))
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (iccid string, err error) {
		var command []byte
		err = rows.Scan(&iccid, &command)
		found[iccid] = &command
		return iccid, err
	})
	return inOrder(iccids, found), err
}
