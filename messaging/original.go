package messaging

import (
	"context"
	"time"

	"simtrust/messaging/gsma"
)

// Original is what a message was accepted with.
type Original struct {
	Created time.Time
	Content gsma.Content
	// Delivery is that to the first recipient; empty where it got none.
	Delivery string
}

// Original returns what a message was accepted with.
func (s *Service) Original(ctx context.Context, id string) (o Original, found bool, err error) {
	m, found, err := messageByID(ctx, s.DB, id)
	if err != nil || !found {
		return o, false, err
	}
	o = Original{Created: m.created, Content: m.content}
	if _, refused := m.refused[0]; !refused {
		o.Delivery = delivery(id, 0)
	}
	return o, true, nil
}
