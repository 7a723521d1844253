package simshield

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/applet"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

// attempt is one run of an opening.
type attempt struct {
	*opening
	decision *decision // nil: no transfer
	row      transactionRow
	answered bool // known, or refused; not opened
	answer   sqldb.Result[Transaction]
}

func (a *attempt) refuse(err error) {
	a.answered, a.answer.Err = true, err
}

// open opens a batch of transactions: each is in the store together with its place in the day's sums and its message to the card, or
// not at all.
func (s *Service) open(ctx context.Context, tx *sqldb.Tx, batch []*opening) ([]sqldb.Result[Transaction], error) {
	attempts := make([]*attempt, len(batch))
	for i, o := range batch {
		attempts[i] = &attempt{opening: o}
	}
	for _, round := range rounds(attempts) {
		if err := s.openRound(ctx, tx, round); err != nil {
			return nil, err
		}
	}
	out := make([]sqldb.Result[Transaction], len(batch))
	var submissions []gateway.Submission
	for i, a := range attempts {
		out[i] = a.answer
		if !a.answered {
			out[i].Value = a.row.Transaction
			submissions = append(submissions, gateway.Submission{ICCID: a.key.ICCID, TAR: ota.TAR(a.application.TAR()), Data: a.row.command,
				Expires: a.expires, Ref: a.id})
		}
	}
	if len(submissions) == 0 {
		return out, nil
	}
	return out, s.gateway.Submit(ctx, tx, submissions...)
}

// rounds parts a batch so that no two of a round have order, card or customer in common. Those that do keep their order.
func rounds(batch []*attempt) (list [][]*attempt) {
	next := map[[3]string]int{} // the first round in which a thing is free
	for _, a := range batch {
		round := 0
		things := [][3]string{{"order", a.party.ID, a.ref}, {"card", a.key.ICCID}, {"customer", a.party.ID, a.customer}}
		if a.payment == nil {
			things = things[:2]
		}
		for _, thing := range things {
			round = max(round, next[thing])
		}
		for _, thing := range things {
			next[thing] = round + 1
		}
		if round == len(list) {
			list = append(list, nil)
		}
		list[round] = append(list[round], a)
	}
	for _, round := range list {
		slices.SortFunc(round, func(a, b *attempt) int { return cmp.Compare(a.key.ICCID, b.key.ICCID) }) // locked in one order
	}
	return list
}

// openRound opens what has nothing in common. What a step answers is not in the next.
func (s *Service) openRound(ctx context.Context, tx *sqldb.Tx, round []*attempt) error {
	for _, step := range []func(context.Context, *sqldb.Tx, []*attempt) error{recognise, s.reserve, s.countAsked, s.countPrompts, s.insert} {
		if err := step(ctx, tx, round); err != nil {
			return err
		}
		round = slices.DeleteFunc(round, func(a *attempt) bool { return a.answered })
		if len(round) == 0 {
			return nil
		}
	}
	return nil
}

// recognise answers orders that are known.
func recognise(ctx context.Context, tx *sqldb.Tx, round []*attempt) error {
	refs := map[string][]string{}
	for _, a := range round {
		refs[a.party.ID] = append(refs[a.party.ID], a.ref)
	}
	found := map[[2]string]known{}
	for party, refs := range refs {
		list, err := findByRefs(ctx, tx, party, refs)
		if err != nil {
			return err
		}
		for _, k := range list {
			found[[2]string{party, k.Ref}] = k
		}
	}
	for _, a := range round {
		if k, ok := found[[2]string{a.party.ID, a.ref}]; ok {
			a.answered = true
			a.answer.Value, a.answer.Err = again(k, a.opening)
		}
	}
	return nil
}

// again answers an order that is known.
func again(k known, o *opening) (Transaction, error) {
	if !o.is(k.digest) {
		return Transaction{}, &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonReplayed, Msg: "the order is known with another content"}
	}
	return k.Transaction, nil
}

// decision is what the policy said of a transfer, and what it was told.
type decision struct {
	Day      string     `json:"day"`
	Customer int64      `json:"customer_sum"`
	Shield   int64      `json:"shield_sum"`
	Others   int64      `json:"other_channels"`
	Own      bool       `json:"own_account,omitzero"`
	Unit     bool       `json:"unit,omitzero"`
	By       Identified `json:"identified"`
	Remind   bool       `json:"reminder"`
}

// reserve adds transfers to the day's sums and asks the policy. Two at once see each other: the sums are rows that are locked.
func (s *Service) reserve(ctx context.Context, tx *sqldb.Tx, round []*attempt) error {
	add := map[sumOf]int64{}
	for _, a := range round {
		if a.payment != nil {
			a.decision = &decision{Day: s.policy.Day(a.created), Others: a.payment.others, Own: a.payment.own, Unit: a.payment.unit, By: a.key.Identified}
			maps.Copy(add, a.counted())
		}
	}
	if len(add) == 0 {
		return nil
	}
	sums, err := addToSums(ctx, tx, add)
	if err != nil {
		return err
	}
	for _, a := range round {
		if a.payment == nil {
			continue
		}
		a.decision.Customer, a.decision.Shield = sums[a.sum(sumCustomer)], sums[a.sum(sumShield)]
		if err := s.decide(a); err != nil {
			if err := s.takeBack(ctx, tx, a, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// counted is what a transfer adds to the day's sums. One to an own account adds nothing to the customer's, and is told what that is.
func (a *attempt) counted() map[sumOf]int64 {
	customer := a.payment.amount
	if a.payment.own {
		customer = 0
	}
	return map[sumOf]int64{a.sum(sumCustomer): customer, a.sum(sumShield): a.payment.amount}
}

// sum names a sum that a transfer counts to.
func (a *attempt) sum(kind string) sumOf {
	if kind == sumShield {
		return sumOf{a.party.ID, kind, a.key.ICCID, a.decision.Day}
	}
	return sumOf{a.party.ID, kind, a.customer, a.decision.Day}
}

func (s *Service) decide(a *attempt) (err error) {
	by := signer{identified: a.key.Identified, bank: a.application == applet.Bank, cooledFrom: a.key.CooledFrom}
	a.decision.Remind, err = s.policy.decide(*a.payment, by, sums{a.decision.Customer, a.decision.Shield})
	return err
}

// takeBack refuses what has been reserved already.
func (s *Service) takeBack(ctx context.Context, tx *sqldb.Tx, a *attempt, why error) error {
	a.refuse(why)
	if a.decision == nil {
		return nil
	}
	return releaseSums(ctx, tx, a.counted())
}

// insert makes the transactions, and refuses those whose card has another open.
func (s *Service) insert(ctx context.Context, tx *sqldb.Tx, round []*attempt) error {
	var rows []transactionRow
	for _, a := range round {
		var err error
		switch a.row, err = a.opening.row(a.decision); {
		case err == nil:
			rows = append(rows, a.row)
		case simtrust.KindOf(err) == simtrust.KindInternal:
			return err
		default:
			if err := s.takeBack(ctx, tx, a, err); err != nil {
				return err
			}
		}
	}
	inserted, err := insertTransactions(ctx, tx, rows)
	if err != nil {
		return err
	}
	for _, a := range round {
		if !a.answered && !inserted[a.id] {
			if err := s.takeBack(ctx, tx, a, errBusy); err != nil {
				return err
			}
		}
	}
	return nil
}

// row is a transaction as it is opened.
func (o *opening) row(d *decision) (transactionRow, error) {
	c, err := o.compose(o.key, d != nil && d.Remind)
	if err != nil {
		return transactionRow{}, err
	}
	row := transactionRow{
		Transaction: Transaction{ID: o.id, Party: o.party.ID, Ref: o.ref, Kind: o.kind, State: StateOpen, Code: c.code, Key: o.key.ID,
			Created: o.created, Expires: o.expires, tenure: o.holding.ID},
		digest: o.digest, form: o.form, iccid: o.key.ICCID, signedOver: c.signedOver, command: c.command,
		request: signedRequest{o.request, o.jwks}, decision: []byte("{}"),
	}
	if d != nil {
		row.amount, row.day = o.payment.amount, d.Day
		if !o.payment.own {
			row.customer = o.customer
		}
		if row.decision, err = json.Marshal(d); err != nil {
			return row, err
		}
	}
	return row, nil
}

// signedRequest is a party's request with the keys that it had registered then.
type signedRequest struct {
	JWS  string          `json:"jws"`
	JWKS json.RawMessage `json:"jwks"`
}

var errBusy = &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonBusy, Msg: "the card has a transaction open; try again when that has ended"}
