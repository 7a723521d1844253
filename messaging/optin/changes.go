package optin

import (
	"context"
	"time"

	"simtrust"
)

// ChangesReq asks for the record of a chatbot's changes after a place: the end of the page before, or an instant.
type ChangesReq struct {
	Chatbot string    `json:"chatbot"`
	After   PlaceWire `json:"after,omitzero"`
}

// PlaceWire is a Place.
type PlaceWire struct {
	At     time.Time `json:"at,omitzero"`
	Tenure string    `json:"tenure,omitempty"`
	Seq    int64     `json:"seq,omitzero"`
}

// ChangesRes is one page, the oldest change first; it is the last one where it is not full.
type ChangesRes struct {
	Changes []ChangeWire `json:"changes"`
}

// ChangeWire is a Change.
type ChangeWire struct {
	Tenure     string    `json:"tenure"`
	Seq        int64     `json:"seq"`
	Action     Action    `json:"action"`
	At         time.Time `json:"at"`
	Client     string    `json:"client,omitempty"`
	Basis      Basis     `json:"basis,omitempty"`
	ObtainedAt time.Time `json:"obtained_at,omitzero"`
	Evidence   string    `json:"evidence,omitempty"`
}

func (s *Service) changes(ctx context.Context, req ChangesReq) (ChangesRes, error) {
	list, err := s.Changes(ctx, req.Chatbot, Place{req.After.At, simtrust.TenureID(req.After.Tenure), req.After.Seq})
	res := ChangesRes{Changes: make([]ChangeWire, len(list))}
	for i, c := range list {
		res.Changes[i] = ChangeWire{string(c.Tenure), c.Seq, c.Action, c.At, c.Client, c.Basis, c.Obtained, c.Evidence}
	}
	return res, err
}
