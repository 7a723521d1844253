package maap

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"simtrust"
	"simtrust/internal/panics"
	"simtrust/messaging/dispatch"
)

// Reach implements dispatch.Bearer. Of each recipient only the way of their chatbot is asked: no other platform learns the number. Somebody of
// whom a platform does not say, or is not asked as it is left alone, counts as reached, and so does whom a chatbot writes to that may not
// send; Submit says why.
func (b *Bearer) Reach(ctx context.Context, channel dispatch.Channel, to []dispatch.Recipient) ([]bool, error) {
	reached := make([]bool, len(to))
	questions := map[string]*question{} // by account; the gateway's has no name
	directory := b.directory()
	for i, r := range to {
		s := directory.of(ctx, r.Chatbot)
		if s.refusal.Answer != "" {
			reached[i] = true
			continue
		}
		q := questions[s.account]
		if q == nil {
			q = &question{way: s.way}
			questions[s.account] = q
		}
		q.places, q.to = append(q.places, i), append(q.to, r)
	}
	var asking errgroup.Group
	for _, q := range questions {
		asking.Go(func() error { return b.put(ctx, channel, q, reached) })
	}
	return reached, asking.Wait()
}

// question is whom one way reaches of some recipients, which stand at places of a list.
type question struct {
	way
	places []int
	to     []dispatch.Recipient
}

var errAnswers = errors.New("the gateway did not answer for every recipient")

// put asks a question and writes the answers to their places.
func (b *Bearer) put(ctx context.Context, channel dispatch.Channel, q *question, reached []bool) error {
	var answers []bool
	var err error
	switch {
	case q.platform != nil:
		answers = b.askPlatform(ctx, q)
	case b.Gateway != nil:
		err = panics.Contained(func() (err error) { answers, err = b.Gateway.Reach(ctx, channel, q.to); return err })
		if err == nil && len(answers) != len(q.to) {
			err = errAnswers
		}
	}
	if err != nil {
		return err
	}
	for k, yes := range answers {
		reached[q.places[k]] = yes
	}
	return nil
}

// reachTime is how long a platform may take to say whom it reaches: others wait for it.
const reachTime = 3 * time.Second

// askPlatform asks a platform that is not left alone now. One that throttles, or does not answer, is left alone from then on; any other
// refusal is no reason to keep copies from it.
func (b *Bearer) askPlatform(ctx context.Context, q *question) []bool {
	if _, paused := b.paused(q.way); paused {
		return everybody(len(q.to))
	}
	numbers := make([]simtrust.Number, len(q.to))
	for i, r := range q.to {
		numbers[i] = r.Number
	}
	asking, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	var answers []bool
	if err := panics.Contained(func() (err error) { answers, err = q.reach(asking, numbers); return err }); err != nil {
		b.Log.WarnContext(ctx, "a platform does not say whom it reaches", "account", q.account, "error", err)
		if after, away := throttles(err); away && ctx.Err() == nil {
			q.rest.Ask(b.Now(), after)
		}
		return everybody(len(numbers))
	}
	return answers
}

// everybody is the answer where nobody can know before.
func everybody(n int) []bool {
	answers := make([]bool, n)
	for i := range answers {
		answers[i] = true
	}
	return answers
}
