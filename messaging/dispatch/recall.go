package dispatch

import (
	"context"
)

// query asks the bearer what became of copies.
func (l *lane) query(ctx context.Context, unsure []item) error {
	list, err := l.copies(ctx, unsure)
	if err != nil || len(list) == 0 {
		return err
	}
	facts := make([]fact, len(list))
	for n, found := range ask(ctx, l, list, l.bearer.Query) {
		facts[n] = l.finding(&unsure[n], found)
	}
	_, err = l.s.record(ctx, facts)
	return err
}

var fates = map[Fate]kind{
	FateAccepted: accepted, FateNotTaken: notTaken, FateDelivered: delivered, FateDisplayed: displayed,
	FateFailed: failed, FateExpired: expired, FateRevoked: recalled,
}

func (l *lane) finding(i *item, found Finding) fact {
	k, ok := fates[found.Fate]
	if !ok {
		k = untold
	}
	f := i.about(k, short(found.Reason))
	f.channel = l.channel
	if k == accepted && found.Ref != "" {
		f.bearer, f.ref = l.name, found.Ref
	}
	return f
}

var recalls = map[Recall]kind{Recalled: recalled, TooLate: tooLate, RecallUnknown: unheard, "": unheard}

// recall asks the bearer to take copies back.
func (l *lane) recall(ctx context.Context, unwanted []item) error {
	list, err := l.copies(ctx, unwanted)
	if err != nil || len(list) == 0 {
		return err
	}
	facts := make([]fact, len(list))
	for n, answer := range ask(ctx, l, list, l.bearer.Cancel) {
		facts[n] = unwanted[n].about(recalls[answer], "")
	}
	_, err = l.s.record(ctx, facts)
	return err
}

// copies are those that the deliveries wait for, with the references that are known.
func (l *lane) copies(ctx context.Context, items []item) ([]Copy, error) {
	if len(items) == 0 {
		return nil, nil
	}
	ids := make([]string, len(items))
	for n, i := range items {
		ids[n] = i.id
	}
	refs, err := readRefs(ctx, l.s.db, ids)
	list := make([]Copy, len(items))
	for n, i := range items {
		c := Copy{Delivery: i.id, Attempt: i.pending(), Channel: l.channel}
		c.Ref = refs[c.ID()]
		list[n] = c
	}
	return list, err
}
