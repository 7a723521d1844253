package account

import (
	"context"
	"crypto/sha256"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

const (
	ticketLife = 10 * time.Minute
	// freshProof is how old the proof of a tenure may be: a token kept from long ago does not move an account.
	freshProof = 10 * time.Minute
)

// Reasons of a refused move.
const (
	ReasonProofRequired = "proof_required" // denied: the caller does not stand for a holder whose number was proven just now
	ReasonNoAccount     = "no_account"     // not_found: the tenure has no account to move
	ReasonTicketInvalid = "ticket_invalid" // denied: unknown, expired, used or superseded
	ReasonSameTenure    = "same_tenure"    // conflict: the account is there already
	ReasonAccountExists = "account_exists" // conflict: the new tenure has an account; say whether to replace it
)

var (
	errProof         = &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonProofRequired, Msg: "log in again from the number's own connection"}
	errNoAccount     = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonNoAccount, Msg: "the number has no account"}
	errTicket        = &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonTicketInvalid, Msg: "the ticket is not valid; start the move again"}
	errSameTenure    = &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonSameTenure, Msg: "redeem the ticket from the new number"}
	errAccountExists = &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonAccountExists, Msg: "the new number has an account; it would be closed: ask its holder, then set replace"}
)

// Proven is a tenure and when its holder last proved to be on it.
type Proven struct {
	Tenure simtrust.TenureID
	At     time.Time
}

// Ticket moves an account once, until it expires. A later ticket for the same account supersedes it.
type Ticket struct {
	Secret  string
	Expires time.Time
}

// FinishMoveReq redeems a ticket for the tenure it is proven with.
type FinishMoveReq struct {
	To     Proven
	Ticket string
	// Replace closes the account that the new tenure may have by now; without it such a move is refused.
	Replace bool
}

// StartMove answers a ticket to move the account of a tenure, with fresh proof of that tenure. Errors: KindDenied,
// ReasonProofRequired or ReasonTenureNotCurrent; KindNotFound, ReasonNoAccount; KindUnavailable.
func (s *Service) StartMove(ctx context.Context, from Proven) (Ticket, error) {
	if err := s.proven(ctx, from); err != nil {
		return Ticket{}, err
	}
	secret := simtrust.NewSecret()
	expires := s.now().Add(ticketLife).UTC().Truncate(time.Millisecond)
	err := s.change(ctx, func(tx *sqldb.Tx, now time.Time) error {
		account, err := openAccountOn(ctx, tx, from.Tenure)
		switch {
		case err != nil:
			return err
		case account == "":
			return errNoAccount
		}
		return insertTicket(ctx, tx, account, from.Tenure, ticketHash(secret), now, expires)
	}, from.Tenure)
	if err != nil {
		return Ticket{}, err
	}
	return Ticket{Secret: secret, Expires: expires}, nil
}

// FinishMove moves the ticket's account, with its links, to the tenure that proves itself, and spends the ticket. The old tenure
// must still be current. A refused move does not spend the ticket. Errors: KindDenied, ReasonProofRequired, ReasonTicketInvalid
// or ReasonTenureNotCurrent; KindConflict, ReasonSameTenure or ReasonAccountExists; KindUnavailable.
func (s *Service) FinishMove(ctx context.Context, req FinishMoveReq) error {
	if err := s.proven(ctx, req.To); err != nil {
		return err
	}
	hash := ticketHash(req.Ticket)
	from, err := ticketOrigin(ctx, s.db, hash, s.now())
	switch {
	case err != nil:
		return err
	case from == "":
		return errTicket
	case from == req.To.Tenure:
		return errSameTenure
	}
	if err := s.usable(ctx, from); err != nil {
		return err
	}
	return s.change(ctx, func(tx *sqldb.Tx, now time.Time) error {
		account, err := redeemTicket(ctx, tx, hash, req.To.Tenure, now)
		switch {
		case err != nil:
			return err
		case account == "":
			return errTicket
		}
		if err := s.vacate(ctx, tx, req, now); err != nil {
			return err
		}
		return moveAccount(ctx, tx, account, from, req.To.Tenure, now)
	}, from, req.To.Tenure)
}

// vacate closes the account that stands in the way, if the holder wants that.
func (s *Service) vacate(ctx context.Context, tx *sqldb.Tx, req FinishMoveReq, now time.Time) error {
	standing, err := openAccountOn(ctx, tx, req.To.Tenure)
	switch {
	case err != nil || standing == "":
		return err
	case !req.Replace:
		return errAccountExists
	}
	return closeAccount(ctx, tx, standing, causeReplaced, now)
}

// proven fails unless the holder proved the tenure a short while ago and it is current.
func (s *Service) proven(ctx context.Context, p Proven) error {
	age := s.now().Sub(p.At)
	if p.Tenure == "" || p.At.IsZero() || age > freshProof || age < -time.Minute {
		return errProof
	}
	return s.usable(ctx, p.Tenure)
}

func ticketHash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
