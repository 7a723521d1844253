package renumber

import (
	"context"
	"slices"
	"time"

	"simtrust"
)

// History returns the tenures of a number in the order they opened, with everything recorded about them. Error: KindNotFound with
// [ReasonNeverOurs].
func (s *Service) History(ctx context.Context, n simtrust.Number) ([]*Record, error) {
	records, err := recordsOf(ctx, s.db, []simtrust.Number{n})
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, errNotHeld(ReasonNeverOurs, "the number was never assigned by this operator")
	}
	slices.SortFunc(records, inOrder)
	return records, nil
}

// ShowRes is the history of a number, the tenure that opened last at the end.
type ShowRes struct {
	Tenures []ShownTenure `json:"tenures"`
}

// ShownTenure is one tenure with its dated facts. Closing instants are absent while it is open.
type ShownTenure struct {
	Tenure         string      `json:"tenure"`
	Holder         string      `json:"holder"`
	Organisation   bool        `json:"organisation,omitzero"`
	User           string      `json:"user,omitempty"`
	Opened         time.Time   `json:"opened"`
	OpenedBy       string      `json:"opened_by"`
	OpenedRecorded time.Time   `json:"opened_recorded"`
	Closed         time.Time   `json:"closed,omitzero"`
	ClosedBy       string      `json:"closed_by,omitempty"`
	ClosedRecorded time.Time   `json:"closed_recorded,omitzero"`
	Current        bool        `json:"current"`
	OutOfSight     bool        `json:"out_of_sight,omitzero"`
	Suspended      bool        `json:"suspended,omitzero"`
	SIMs           []ShownSIM  `json:"sims,omitempty"`
	Facts          []ShownFact `json:"facts,omitempty"`
}

// ShownSIM is one card's time in the set. Until is absent while it serves, or where the end of the tenure ended it.
type ShownSIM struct {
	ICCID    string    `json:"iccid"`
	IMSI     string    `json:"imsi"`
	Primary  bool      `json:"primary"`
	Since    time.Time `json:"since"`
	Recorded time.Time `json:"recorded"`
	Until    time.Time `json:"until,omitzero"`
}

// ShownFact is a suspension, resumption, port-out, port-in, or device with its first 14 digits as the value.
type ShownFact struct {
	Kind      string    `json:"kind"`
	Value     string    `json:"value,omitempty"`
	Effective time.Time `json:"effective"`
	Recorded  time.Time `json:"recorded"`
}

func showResOf(records []*Record) ShowRes {
	res := ShowRes{Tenures: make([]ShownTenure, len(records))}
	for i, r := range records {
		res.Tenures[i] = shownTenureOf(r)
	}
	return res
}

func shownTenureOf(r *Record) ShownTenure {
	t := ShownTenure{
		Tenure: string(r.ID), Holder: string(r.Holder), Organisation: r.Organisation, User: r.User,
		Opened: r.Opened, OpenedBy: string(r.OpenedBy), OpenedRecorded: r.OpenedRecorded,
		Closed: r.Closed, ClosedBy: string(r.ClosedBy), ClosedRecorded: r.ClosedRecorded,
		Current: r.Current(), OutOfSight: r.OutOfSight, Suspended: r.Suspended,
	}
	for _, s := range r.SIMs {
		t.SIMs = append(t.SIMs, ShownSIM{s.ICCID, s.IMSI, s.Primary, s.Since, s.Recorded, s.Until})
	}
	for _, f := range r.Facts {
		t.Facts = append(t.Facts, ShownFact{string(f.Kind), f.Value, f.Effective, f.Recorded})
	}
	return t
}
