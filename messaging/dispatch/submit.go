package dispatch

import (
	"cmp"
	"context"
	"time"

	"simtrust"
)

// submit hands deliveries to the bearer, in this order: who may be written to, whom the channel reaches, the copies' numbers made
// durable, the call, what became of it.
func (l *lane) submit(ctx context.Context, ready []item, leased time.Time) error {
	if len(ready) == 0 {
		return nil
	}
	a := l.admit(ctx, ready)
	l.reach(ctx, &a)
	if _, err := l.s.record(ctx, a.facts); err != nil {
		return err
	}
	list, err := l.begin(ctx, a)
	if err != nil || len(list) == 0 {
		return err
	}
	_, err = l.s.record(ctx, l.call(ctx, list, leased))
	return err
}

// admission is who is left to be written to, and what was found out about the others.
type admission struct {
	items []item
	to    []Recipient
	facts []fact
}

func (a *admission) refuse(i item, e event) { a.facts = append(a.facts, i.fact(e)) }

// admit asks whether the recipients may still be written to, those of one question together.
func (l *lane) admit(ctx context.Context, ready []item) (a admission) {
	groups := map[Question][]simtrust.TenureID{}
	for _, i := range ready {
		groups[i.plan.question] = append(groups[i.plan.question], i.tenure)
	}
	answers := make(map[Question]map[simtrust.TenureID]Standing, len(groups))
	for q, ids := range groups {
		still, err := l.s.recipients.Still(ctx, q, ids)
		if err != nil {
			l.s.log.WarnContext(ctx, "it could not be told who may be written to", "chatbot", q.Chatbot, "error", err)
			continue
		}
		answers[q] = still
	}
	for _, i := range ready {
		standing, ok := answers[i.plan.question][i.tenure]
		switch {
		case !ok || standing.Err == nil && standing.Number.IsZero():
			a.refuse(i, event{kind: deferred})
		case standing.Err == nil:
			a.items, a.to = append(a.items, i), append(a.to, i.recipient(standing.Number))
		case final(standing.Err):
			a.refuse(i, event{kind: barred, reason: refusal(standing.Err)})
		default:
			a.refuse(i, event{kind: deferred})
		}
	}
	return a
}

// final reports whether a refusal is one, not the lack of an answer.
func final(err error) bool {
	switch simtrust.KindOf(err) {
	case simtrust.KindDenied, simtrust.KindConflict, simtrust.KindNotFound, simtrust.KindUnprocessable:
		return true
	}
	return false
}

func refusal(err error) string {
	if reason := simtrust.ReasonOf(err); reason != "" {
		return reason
	}
	return string(simtrust.KindOf(err))
}

// reach asks which of them the channel reaches.
func (l *lane) reach(ctx context.Context, a *admission) {
	if len(a.items) == 0 {
		return
	}
	reached, err := l.askReach(ctx, a.to)
	if err != nil {
		l.s.log.WarnContext(ctx, "it could not be told whom a channel reaches", "channel", l.channel, "error", err)
		l.rest.Ask(l.s.now(), 0)
	}
	items, to := a.items, a.to
	a.items, a.to = nil, nil
	for n, i := range items {
		switch {
		case err != nil:
			a.refuse(i, event{kind: away})
		case reached[n]:
			a.items, a.to = append(a.items, i), append(a.to, to[n])
		default:
			a.refuse(i, event{kind: unreachable})
		}
	}
}

// begin makes the numbers of the copies durable. A copy whose number is not is not handed over: another node has it, its sender wants it
// back, or it has arrived.
func (l *lane) begin(ctx context.Context, a admission) ([]Submission, error) {
	facts := make([]fact, len(a.items))
	for n, i := range a.items {
		facts[n] = i.fact(event{kind: began})
	}
	held, err := l.s.record(ctx, facts)
	if err != nil {
		return nil, err
	}
	var list []Submission
	for n, i := range a.items {
		if held[n] {
			list = append(list, i.submission(a.to[n]))
		}
	}
	return list, nil
}

func (i *item) submission(to Recipient) Submission {
	content := i.plan.contents[i.Step]
	return Submission{
		Copy: Copy{Delivery: i.id, Attempt: i.Attempt + 1, Channel: i.channel}, Recipient: to,
		Message: i.message, Class: i.plan.question.Class,
		Expires: time.UnixMilli(i.expires), Patience: content.after, PossibleDuplicate: i.Duplicate || i.Live,
		ContentType: content.kind, Payload: content.payload,
	}
}

// call hands copies over and returns what became of them. Where the lease has not the time for it they are not handed over at all.
func (l *lane) call(ctx context.Context, list []Submission, leased time.Time) []fact {
	facts := make([]fact, len(list))
	if l.s.now().Sub(leased) > l.s.cfg.Lease/3 {
		for i, c := range list {
			facts[i] = fact{delivery: c.Delivery, event: event{kind: throttled, attempt: c.Attempt}}
		}
		return facts
	}
	for i, o := range ask(ctx, l, list, l.bearer.Submit) {
		l.s.metrics.answered(l.channel, o.Answer)
		facts[i] = l.outcome(list[i].Copy, o)
	}
	return facts
}

// outcome is a bearer's answer as a fact.
func (l *lane) outcome(c Copy, o Outcome) fact {
	f := fact{delivery: c.Delivery, channel: l.channel, event: event{kind: lost, attempt: c.Attempt, reason: short(o.Reason)}}
	switch o.Answer {
	case Accepted:
		l.rest.Taken()
		f.kind, f.bearer, f.ref = accepted, l.name, o.Ref
	case Rejected:
		f.kind = failed
	case NotOnIt:
		f.kind = absent
	case Throttled:
		l.rest.Ask(l.s.now(), o.After)
		f.kind = throttled
	case Postponed:
		f.kind, f.after = throttled, cmp.Or(max(o.After, 0), firstPause)
	}
	return f
}

// short bounds what a bearer calls a reason.
func short(reason string) string {
	const most = 64
	if len(reason) > most {
		return reason[:most]
	}
	return reason
}
