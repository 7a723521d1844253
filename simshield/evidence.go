package simshield

import (
	"context"

	"simtrust"
)

// Receipt returns the evidence of a party's signed transaction, with the proof that the transparency log has it once there is one (see
// package receipt); ReasonNoReceipt where nothing was signed.
func (s *Service) Receipt(ctx context.Context, party, id string) ([]byte, error) {
	p, err := s.pending.Do(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case p.row == nil || p.row.Party != party:
		return nil, errUnknown
	case p.row.State != StateSigned:
		return nil, &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonNoReceipt, Msg: "there is a receipt only of what was signed: the transaction is " + string(p.row.State)}
	}
	return s.evidence.Include(ctx, id, p.row.evidence)
}
