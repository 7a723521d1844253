package messaging

import (
	"context"
	"maps"
	"slices"
	"time"

	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
)

// Status is where a message stands.
type Status struct {
	Message, Chatbot string
	Class            dispatch.Class
	Created, Expires time.Time
	// States counts deliveries; Refused counts recipients that got none.
	States  map[dispatch.State]int64
	Refused int
	Total   int
}

// Status returns where a client's message stands. Error: KindNotFound with [ReasonMessage].
func (s *Service) Status(ctx context.Context, client, id string) (Status, error) {
	m, err := s.owned(ctx, s.DB, client, id)
	if err != nil {
		return Status{}, err
	}
	states, err := s.Distribution.Counts(ctx, id)
	return Status{Message: id, Chatbot: m.chatbot, Class: m.class, Created: m.created, Expires: m.expires, States: states, Refused: len(m.refused), Total: m.total}, err
}

func (s *Service) owned(ctx context.Context, q sqldb.Querier, client, id string) (message, error) {
	m, ok, err := messageByID(ctx, q, id)
	if err == nil && (!ok || m.client != client) {
		err = errUnknownMessage
	}
	return m, err
}

// pageSize is how many deliveries one list has at most.
const pageSize = 1000

// Delivery is where one delivery stands, to the recipient at a place in the request.
type Delivery struct {
	Place int
	dispatch.Status
}

// Deliveries lists the deliveries of a client's message, from a place in the request on, to up to limit recipients. next is the place to
// go on from, 0 after the last. Error: KindNotFound with [ReasonMessage].
func (s *Service) Deliveries(ctx context.Context, client, id string, from, limit int) (list []Delivery, next int, err error) {
	m, err := s.owned(ctx, s.DB, client, id)
	if err != nil {
		return nil, 0, err
	}
	if limit <= 0 || limit > pageSize {
		limit = pageSize
	}
	places := map[string]int{}
	end := min(max(from, 0)+limit, m.total)
	for i := max(from, 0); i < end; i++ {
		if _, refused := m.refused[i]; !refused {
			places[delivery(id, i)] = i
		}
	}
	found, err := s.Distribution.Status(ctx, slices.Collect(maps.Keys(places))...)
	for _, d := range found {
		list = append(list, Delivery{places[d.Delivery], d})
	}
	slices.SortFunc(list, func(a, b Delivery) int { return a.Place - b.Place })
	if end < m.total {
		next = end
	}
	return list, next, err
}

// Revoke asks a client's message back: all of it, or the deliveries named. It returns how many were still open. Error: KindNotFound with
// [ReasonMessage].
func (s *Service) Revoke(ctx context.Context, client, id string, deliveries []string) (open int, err error) {
	err = s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		if _, err := s.owned(ctx, tx, client, id); err != nil {
			return err
		}
		if err := s.revokeLogins(ctx, tx, id, deliveries); err != nil {
			return err
		}
		open, err = s.Distribution.Revoke(ctx, tx, id, deliveries...)
		return err
	})
	return open, err
}
