package softsim

import (
	"encoding/json"
	"errors"

	"simtrust/internal/milenage"
	"simtrust/simshield/applet"
	"simtrust/simshield/ota"
)

// rewriteAfter is how many octets of changes gather in a memory before it is rewritten.
const rewriteAfter = 64 << 10

// state is what a card keeps without power. It changes by [Card.commit] alone.
type state struct {
	card     *Personalisation
	pins     [pinCount]pin
	window   milenage.Window
	counters [keySets]ota.Counter // accepted last, by key set
	applets  [applications]appletState
}

const (
	keySets      = 16
	applications = 3
	kinds        = 3
	remembered   = 8
)

// appletState is that of one applet. Its keys were made here and leave it in no answer.
type appletState struct {
	current, fresh [kinds]*slot
	transactions   []transaction // oldest first
}

// change is one step of state; one of its fields is set. A record is a list of them, and takes effect as a whole.
type change struct {
	Card    *Personalisation `json:"card,omitempty"`
	Tries   *triesChange     `json:"tries,omitempty"`
	Code    *codeChange      `json:"code,omitempty"`
	SQN     *sqnChange       `json:"sqn,omitempty"`
	Counter *counterChange   `json:"counter,omitempty"`
	Key     *keyChange       `json:"key,omitempty"`
	Answer  *answerChange    `json:"answer,omitempty"`
}

type triesChange struct {
	PIN  PINRef `json:"pin"`
	Left uint8  `json:"left"`
}

type codeChange struct {
	PIN  PINRef `json:"pin"`
	Code string `json:"code"`
}

type sqnChange struct {
	IND uint8  `json:"ind"`
	SEQ uint64 `json:"seq"`
}

type counterChange struct {
	KeySet int         `json:"set"`
	Last   ota.Counter `json:"last"`
}

type keyChange struct {
	Applet  applet.Application `json:"applet"`
	Kind    applet.Kind        `json:"kind"`
	Current bool               `json:"current,omitempty"`
	Slot    *slot              `json:"slot"`
}

type answerChange struct {
	Applet      applet.Application `json:"applet"`
	Transaction transaction        `json:"transaction"`
}

var errRecord = errors.New("a record that no card writes")

// firstRecord is the record of a new card.
func firstRecord(p Personalisation) ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	changes := []change{{Card: &p}}
	for ref, code := range []PIN{SIMPIN: p.SIMPIN, LoginPIN: p.LoginPIN, SigningPIN: p.SigningPIN} {
		changes = append(changes, change{Code: &codeChange{PINRef(ref), string(code)}}, restore(PINRef(ref)))
	}
	return json.Marshal(changes)
}

// commit makes changes durable, as a whole, and then true. After false the card is dead: the caller stops.
func (c *Card) commit(changes ...change) bool {
	record, err := json.Marshal(changes)
	if err == nil {
		err = c.memory.Append(record)
	}
	for _, ch := range changes {
		err = errors.Join(err, c.kept.apply(ch))
	}
	c.grown += len(record)
	if err == nil && c.grown > rewriteAfter {
		err = c.rewrite()
	}
	c.dead = c.dead || err != nil
	return !c.dead
}

// rewrite puts the state in the place of the changes that led to it.
func (c *Card) rewrite() error {
	record, err := json.Marshal(c.kept.snapshot())
	if err != nil {
		return err
	}
	c.grown = 0
	return c.memory.Rewrite(record)
}

func (s *state) replay(record []byte) error {
	var changes []change
	if err := json.Unmarshal(record, &changes); err != nil {
		return errRecord
	}
	for _, ch := range changes {
		if err := s.apply(ch); err != nil {
			return err
		}
	}
	return nil
}

// apply refuses what would reach beyond the state, so that a forged memory cannot do worse than be refused.
func (s *state) apply(ch change) error {
	switch {
	case ch.Card != nil && ch.Card.check() == nil:
		s.card = ch.Card
	case ch.Tries != nil && ch.Tries.PIN < pinCount && ch.Tries.Left <= MaxTries:
		s.pins[ch.Tries.PIN].tries = ch.Tries.Left
	case ch.Code != nil && ch.Code.PIN < pinCount && PIN(ch.Code.Code).valid():
		s.pins[ch.Code.PIN].code = PIN(ch.Code.Code)
	case ch.SQN != nil && ch.SQN.IND < milenage.Indices:
		s.window[ch.SQN.IND] = ch.SQN.SEQ
	case ch.Counter != nil && ch.Counter.KeySet > 0 && ch.Counter.KeySet < keySets:
		s.counters[ch.Counter.KeySet] = ch.Counter.Last
	case ch.Key != nil && s.owns(ch.Key.Applet) && ch.Key.sound():
		s.of(ch.Key.Applet).put(*ch.Key)
	case ch.Answer != nil && s.owns(ch.Answer.Applet) && ch.Answer.Transaction.sound():
		s.of(ch.Answer.Applet).remember(ch.Answer.Transaction)
	default:
		return errRecord
	}
	return nil
}

func (s *state) owns(a applet.Application) bool { return a >= 1 && a <= applications }

func (s *state) of(a applet.Application) *appletState { return &s.applets[a-1] }

// snapshot is the changes that lead from nothing to s.
func (s *state) snapshot() []change {
	changes := []change{{Card: s.card}}
	for ref, p := range s.pins {
		changes = append(changes, change{Code: &codeChange{PINRef(ref), string(p.code)}}, change{Tries: &triesChange{PINRef(ref), p.tries}})
	}
	for ind, seq := range s.window {
		changes = append(changes, change{SQN: &sqnChange{uint8(ind), seq}})
	}
	for set, last := range s.counters {
		if last > 0 {
			changes = append(changes, change{Counter: &counterChange{set, last}})
		}
	}
	for i := range s.applets {
		changes = append(changes, s.applets[i].snapshot(applet.Application(i+1))...)
	}
	return changes
}
