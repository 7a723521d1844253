package renumber_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"simtrust"
	"simtrust/renumber"
)

// line is the reference model: what an attentive clerk would know of one number, told its events in the order they took place.
type line struct {
	ours, held, out, barred bool
	holder, user            string
	organisation            bool
	opened                  time.Time
	cards                   map[string]bool // true: the primary
	tenures                 int
}

func (l *line) open(holder, user string, organisation bool, at time.Time, cards map[string]bool) {
	*l = line{ours: true, held: true, holder: holder, user: user, organisation: organisation, opened: at, cards: cards, tenures: l.tenures + 1}
}

func cardOf(e renumber.FeedEvent) map[string]bool {
	if e.IMSI == "" {
		return map[string]bool{}
	}
	return map[string]bool{e.IMSI: true}
}

func (l *line) primary() map[string]bool {
	cards := map[string]bool{}
	for imsi, primary := range l.cards {
		if primary {
			cards[imsi] = true
		}
	}
	return cards
}

// tell changes the model by one event and reports whether it made sense.
func tell(lines map[string]*line, e renumber.FeedEvent) bool {
	l := lines[e.Number]
	inSight := l.held && !l.out && (e.Holder == "" || e.Holder == l.holder)
	switch e.Type {
	case renumber.Assign:
		if l.held {
			return false
		}
		l.open(e.Holder, e.User, e.Organisation, e.Effective, cardOf(e))
	case renumber.Release:
		if !l.held || e.Holder != "" && e.Holder != l.holder {
			return false
		}
		l.held, l.out = false, false
	case renumber.PortOut:
		if !inSight {
			return false
		}
		l.out = true
	case renumber.PortIn:
		same := l.holder == e.Holder && l.user == e.User && l.organisation == e.Organisation
		switch {
		case l.held && !l.out:
			return false
		case l.held && same:
			l.out = false
			if e.IMSI != "" && !l.cards[e.IMSI] {
				l.cards = cardOf(e)
			}
		default:
			l.open(e.Holder, e.User, e.Organisation, e.Effective, cardOf(e))
		}
	case renumber.Transfer:
		if !inSight || e.To == l.holder && e.User == l.user && e.Organisation == l.organisation {
			return false
		}
		l.open(e.To, e.User, e.Organisation, e.Effective, l.handedOn(e))
	case renumber.ChangeUser:
		if !inSight || !l.organisation || e.User == l.user {
			return false
		}
		barred := l.barred
		l.open(l.holder, e.User, true, e.Effective, l.handedOn(e))
		l.barred = barred
	case renumber.ChangeNumber:
		next := lines[e.To]
		if !inSight || next.held {
			return false
		}
		next.open(l.holder, l.user, l.organisation, e.Effective, maps.Clone(l.cards))
		next.barred = l.barred
		l.held = false
	case renumber.NewSIM:
		if !inSight || l.cards[e.IMSI] {
			return false
		}
		maps.DeleteFunc(l.cards, func(_ string, primary bool) bool { return primary })
		l.cards[e.IMSI] = true
	case renumber.AddSIM:
		if _, has := l.cards[e.IMSI]; !inSight || has {
			return false
		}
		l.cards[e.IMSI] = len(l.cards) == 0
	case renumber.Suspend, renumber.Resume:
		if !inSight || l.barred == (e.Type == renumber.Suspend) {
			return false
		}
		l.barred = e.Type == renumber.Suspend
	}
	return true
}

func (l *line) handedOn(e renumber.FeedEvent) map[string]bool {
	if e.IMSI != "" {
		return cardOf(e)
	}
	return l.primary()
}

const modelNumbers = 3

func modelNumber(i int) string { return fmt.Sprintf("+861380000000%d", i) }

func newLines() map[string]*line {
	lines := map[string]*line{}
	for i := range modelNumbers {
		lines[modelNumber(i)] = &line{}
	}
	return lines
}

// randomEvent makes a well-formed event about few numbers, holders and cards, so that they meet. Phones stay out: an observation of
// the network does not hold up a late release, so the order of arrival may show.
func randomEvent(rng *rand.Rand, seq int64, at time.Time) renumber.FeedEvent {
	kinds := []string{
		renumber.Assign, renumber.Assign, renumber.Release, renumber.Transfer, renumber.PortOut, renumber.PortIn, renumber.ChangeNumber,
		renumber.NewSIM, renumber.AddSIM, renumber.ChangeUser, renumber.Suspend, renumber.Suspend, renumber.Resume, renumber.Resume,
	}
	holders := []string{"ann", "ben", "acme"}
	e := event(kinds[rng.IntN(len(kinds))], modelNumber(rng.IntN(modelNumbers)), at)
	e.Seq = seq
	switch e.Type {
	case renumber.Assign, renumber.PortIn, renumber.Transfer:
		holder := holders[rng.IntN(len(holders))]
		if e.Organisation = holder == "acme"; e.Organisation && rng.IntN(2) == 0 {
			e.User = "u1"
		}
		if e.Type == renumber.Transfer {
			e.To = holder
		} else {
			e.Holder = holder
		}
	case renumber.ChangeUser:
		e.User = []string{"", "u1", "u2"}[rng.IntN(3)]
	case renumber.ChangeNumber:
		for e.To == "" || e.To == e.Number {
			e.To = modelNumber(rng.IntN(modelNumbers))
		}
	default:
		if rng.IntN(4) == 0 {
			e.Holder = holders[rng.IntN(len(holders))]
		}
	}
	switch e.Type {
	case renumber.NewSIM, renumber.AddSIM:
		e = withCard(e, rng.IntN(4))
	case renumber.Assign, renumber.PortIn, renumber.Transfer, renumber.ChangeUser:
		if rng.IntN(2) == 0 {
			e = withCard(e, rng.IntN(4))
		}
	}
	return e
}

// TestRecordAgainstModel feeds random events in random batches, in order and out of order. In order, the feed applies exactly what
// makes sense to the model. Out of order, the record is in the end the one that the applied events give when told in the order
// they took place. Checks at random instants, current tenures and cards agree with the model throughout.
func TestRecordAgainstModel(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		const rounds = 100
		for round := range rounds {
			rng := rand.New(rand.NewPCG(7, uint64(round)))
			ordered := round%2 == 0
			events := make([]renumber.FeedEvent, 60)
			for i := range events {
				events[i] = randomEvent(rng, int64(i+1), day(1).Add(time.Duration(rng.IntN(30))*time.Hour))
			}
			if ordered {
				slices.SortStableFunc(events, inTime)
			}
			compare(t, world{o, round}, rng, events, ordered)
			if t.Failed() {
				t.Fatalf("round %d", round)
			}
		}
	})
}

func inTime(a, b renumber.FeedEvent) int { return a.Effective.Compare(b.Effective) }

// world renames the numbers of one round, so that all rounds share a database.
type world struct {
	*operator
	round int
}

func (w world) number(n string) string { return fmt.Sprintf("+86139%04d%s", w.round, n[len(n)-4:]) }

func (w world) feed(events []renumber.FeedEvent) []renumber.FeedResult {
	batch := slices.Clone(events)
	for i := range batch {
		batch[i].Number = w.number(batch[i].Number)
		if batch[i].Type == renumber.ChangeNumber {
			batch[i].To = w.number(batch[i].To)
		}
	}
	res, err := w.Feed(w.t.Context(), renumber.FeedReq{Source: fmt.Sprint(w.round), Events: batch})
	if err != nil {
		w.t.Fatal(err)
	}
	return res.Results
}

func compare(t *testing.T, w world, rng *rand.Rand, events []renumber.FeedEvent, ordered bool) {
	t.Helper()
	lines := newLines()
	var applied []renumber.FeedEvent
	for len(events) > 0 {
		n := min(1+rng.IntN(8), len(events))
		for i, r := range w.feed(events[:n]) {
			e := events[i]
			if r.Status == renumber.StatusApplied {
				applied = append(applied, e)
			}
			if !ordered {
				continue
			}
			if sense := tell(lines, e); sense != (r.Status == renumber.StatusApplied) {
				t.Errorf("%+v at %v: %s %s, and to the model %v", e, e.Effective, r.Status, r.Reason, sense)
			}
		}
		events = events[n:]
	}
	lines = newLines()
	slices.SortStableFunc(applied, inTime)
	for _, e := range applied {
		if !tell(lines, e) {
			t.Errorf("%+v at %v was applied and makes no sense in its place", e, e.Effective)
		}
	}
	for n, l := range lines {
		w.agree(t, rng, n, l)
	}
}

// agree compares what the service says about a number with the model.
func (w world) agree(t *testing.T, rng *rand.Rand, name string, l *line) {
	t.Helper()
	n := number(t, w.number(name))
	h, err := w.Current(t.Context(), n)
	want := ""
	switch {
	case !l.ours:
		want = renumber.ReasonNeverOurs
	case !l.held:
		want = renumber.ReasonUnassigned
	case l.out:
		want = renumber.ReasonOutOfSight
	}
	if got := simtrust.ReasonOf(err); got != want {
		t.Errorf("%s: %v, want %q", name, err, want)
	}
	for range 10 {
		since := day(1).Add(time.Duration(rng.IntN(32*60)-60) * time.Minute)
		got, err := w.Recycled(t.Context(), n, since)
		switch {
		case !l.ours && !isReason(err, simtrust.KindNotFound, renumber.ReasonNeverOurs):
			t.Errorf("%s since %v: %v, want never ours", name, since, err)
		case l.ours && (err != nil || got != (!l.held || l.out || l.opened.After(since))):
			t.Errorf("%s since %v: %v, %v; the model: %+v", name, since, got, err, *l)
		}
	}
	if want != "" {
		return
	}
	cards := map[string]bool{}
	for _, s := range h.SIMs {
		cards[s.IMSI] = s.Primary
	}
	if !maps.Equal(cards, l.cards) || string(h.Holder) != l.holder || !h.Opened.Equal(l.opened) || h.Suspended != l.barred ||
		h.Anonymous != (l.organisation && l.user == "") {
		t.Errorf("%s: %+v; the model: %+v", name, h, *l)
	}
	records, err := w.History(t.Context(), n)
	if err != nil || len(records) != l.tenures {
		t.Fatalf("%s: %d tenures, %v; the model: %d", name, len(records), err, l.tenures)
	}
	for i, r := range records[1:] {
		if before := records[i]; before.Closed.IsZero() || before.Closed.After(r.Opened) {
			t.Errorf("%s: a tenure ends at %v and the next began at %v", name, before.Closed, r.Opened)
		}
	}
}
