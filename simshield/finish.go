package simshield

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"simtrust"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/simshield/applet"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
	"simtrust/simshield/receipt"
)

// end is how a transaction ends.
type end struct {
	row                 *transactionRow
	key                 *Key // nil where it does not matter
	state               State
	cause               string
	signature, evidence []byte
	// packet is settled along with it; empty: none.
	packet  string
	settled gateway.Cause
	// recall tells the card to drop the prompt.
	recall bool
}

// end makes an end durable.
func (s *Service) end(ctx context.Context, e end) error {
	if e.signature == nil {
		e.signature, e.evidence = []byte{}, []byte{}
	}
	ended, err := s.ends.Do(ctx, e)
	if err == nil && ended != nil {
		s.metrics.ended.WithLabelValues(string(e.state), e.cause).Inc()
		s.waiting.Tell(ended.ID, *ended)
	}
	return err
}

// ended is the transaction as it has ended at an instant.
func (e end) ended(at time.Time) *Transaction {
	t := e.row.Transaction
	t.State, t.Cause, t.Ended = e.state, e.cause, instant(at.UnixMilli())
	copy(t.Signature[:], e.signature)
	return &t
}

// finish ends a batch of transactions, each once, whatever races, and returns those that it ended. What it had reserved and did not use is
// given back. Sums, transactions and packets are locked in this order, as where transactions are opened.
func (s *Service) finish(ctx context.Context, tx *sqldb.Tx, batch []end) ([]sqldb.Result[*Transaction], error) {
	first, now := firstEnds(batch), s.now()
	if err := unsigned(first).lock(ctx, tx); err != nil {
		return nil, err
	}
	ended, err := endTransactions(ctx, tx, first, now)
	if err != nil {
		return nil, err
	}
	if err := s.settleAll(ctx, tx, batch); err != nil {
		return nil, err
	}
	out := make([]sqldb.Result[*Transaction], len(batch))
	var ours []end
	for i, e := range batch {
		if ended[e.row.ID] {
			ended[e.row.ID], out[i].Value = false, e.ended(now) // once
			ours = append(ours, e)
		}
	}
	return out, s.follow(ctx, tx, batch, ours, now)
}

// follow does what follows from the ends of a batch, and from those of them by which transactions ended.
func (s *Service) follow(ctx context.Context, tx *sqldb.Tx, batch, ours []end, now time.Time) error {
	for _, e := range batch {
		if e.state == StateBlocked {
			if err := s.blocked(ctx, tx, e.row.iccid, e.row.Kind); err != nil {
				return err
			}
		}
	}
	if err := unsigned(ours).giveBack(ctx, tx, now); err != nil {
		return err
	}
	var signed []outbox.Event
	for _, e := range ours {
		if err := s.recall(ctx, tx, e); err != nil {
			return err
		}
		if e.state == StateSigned {
			signed = append(signed, outbox.Event{Tenure: simtrust.TenureID(e.row.ID), Seq: 1, Event: Signed{ID: e.row.ID, SHA256: receipt.Digest(e.evidence)}})
		}
	}
	return s.outbox.AppendAll(ctx, tx, signed...)
}

// unused is what questions without a signature had reserved, and how many of them count against whom.
type unused struct {
	sums     map[sumOf]int64
	unheeded map[asker]int64
}

func unsigned(ends []end) unused {
	u := unused{map[sumOf]int64{}, map[asker]int64{}}
	for _, e := range ends {
		if r := e.row; e.state != StateSigned && r.day != "" {
			u.sums[sumOf{r.Party, sumShield, r.iccid, r.day}] += r.amount
			if r.customer != "" {
				u.sums[sumOf{r.Party, sumCustomer, r.customer, r.day}] += r.amount
			}
		}
		if e.unheeded() {
			u.unheeded[asker{e.row.Party, e.row.iccid}]++
		}
	}
	return u
}

func (u unused) lock(ctx context.Context, tx *sqldb.Tx) error {
	if err := lockSums(ctx, tx, u.sums); err != nil {
		return err
	}
	return lockAsked(ctx, tx, u.unheeded)
}

func (u unused) giveBack(ctx context.Context, tx *sqldb.Tx, now time.Time) error {
	if err := releaseSums(ctx, tx, u.sums); err != nil {
		return err
	}
	return countUnheeded(ctx, tx, u.unheeded, now)
}

// settleAll settles the packets that ends are by.
func (s *Service) settleAll(ctx context.Context, tx *sqldb.Tx, batch []end) error {
	packets := map[gateway.Cause][]string{}
	for _, e := range batch {
		if e.packet != "" {
			packets[e.settled] = append(packets[e.settled], e.packet)
		}
	}
	for _, cause := range slices.Sorted(maps.Keys(packets)) {
		slices.Sort(packets[cause])
		if _, err := s.gateway.Settle(ctx, tx, cause, packets[cause]...); err != nil {
			return err
		}
	}
	return nil
}

// firstEnds are those of a batch that came first for their transactions, in one order for all batches.
func firstEnds(batch []end) []end {
	first := slices.Clone(batch)
	slices.SortStableFunc(first, func(a, b end) int { return cmp.Compare(a.row.ID, b.row.ID) })
	return slices.CompactFunc(first, func(a, b end) bool { return a.row.ID == b.row.ID })
}

// recall takes the question back: from the queue, or from the card.
func (s *Service) recall(ctx context.Context, tx *sqldb.Tx, e end) error {
	if !e.recall {
		return nil
	}
	unsent, err := s.gateway.Withdraw(ctx, tx, e.row.ID)
	if err != nil || len(unsent) > 0 {
		return err
	}
	command, err := applet.DecodeCommand(e.row.command)
	if err != nil {
		return err
	}
	key := e.key
	if key == nil {
		keys, err := readKeys(ctx, tx, []string{e.row.Key})
		if err != nil {
			return err
		}
		if key = keys[e.row.Key]; key == nil {
			return nil
		}
	}
	return s.gateway.Submit(ctx, tx, gateway.Submission{ICCID: e.row.iccid, TAR: ota.TAR(key.Application.TAR()),
		Data: applet.Cancel{ID: command.CommandID()}.Append(nil), Expires: s.now().Add(recallTime), Ref: e.row.ID})
}

// blocked ends the keys of a card behind the PIN of a kind. The login keys are behind one, all others behind another.
func (s *Service) blocked(ctx context.Context, tx *sqldb.Tx, iccid string, kind applet.Kind) error {
	return s.endKeys(ctx, tx, keyEnded, CausePINBlocked, "iccid = $3 and state <> 'ended' and (kind = 'login') = $4", iccid, kind == applet.KindLogin)
}
