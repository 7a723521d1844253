package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Outbox stores events and dispatches them to the subscribers wired with [On].
type Outbox struct {
	db          *sqldb.DB
	now         func() time.Time
	log         *slog.Logger
	subscribers []*subscriber
}

// New makes an outbox over a store that has [Migrations] applied.
func New(db *sqldb.DB, now func() time.Time, log *slog.Logger) *Outbox {
	return &Outbox{db: db, now: now, log: log}
}

// subscriber is one receiver with a handler per type of event.
type subscriber struct {
	name     string
	handlers map[string]func(ctx context.Context, body []byte) error
	wake     chan struct{} // holds one signal: there may be something due
	rest     time.Duration // before every round
	atOnce   int           // handlers that run side by side in a round
}

// Option adjusts how a subscriber is served.
type Option func(*subscriber)

// Gathered has a subscriber rest before every round, so that the round handles what came meanwhile, up to atOnce events side by side.
// It is for a handler that merges what it is called with at once into one transaction.
func Gathered(rest time.Duration, atOnce int) Option {
	return func(s *subscriber) { s.rest, s.atOnce = rest, atOnce }
}

// On subscribes a handler to events of type E under the subscriber's stable name. A row that waits in the store names the
// subscriber and E's Go type, so renaming either strands it. Wire every handler before [Outbox.Run] and the first
// [Outbox.Append]; a second handler of one subscriber for one type panics.
//
// The handler is idempotent, returns within ten seconds and returns an error to see the event again later.
func On[E any](o *Outbox, name string, handle func(ctx context.Context, e E) error, opts ...Option) {
	s := o.subscriber(name)
	for _, opt := range opts {
		opt(s)
	}
	eventType := reflect.TypeFor[E]().String()
	if _, twice := s.handlers[eventType]; twice {
		panic(fmt.Sprintf("outbox: %s handles %s twice", name, eventType))
	}
	s.handlers[eventType] = func(ctx context.Context, body []byte) error {
		var e E
		if err := json.Unmarshal(body, &e); err != nil {
			return fmt.Errorf("decode: %w", err)
		}
		return handle(ctx, e)
	}
}

func (o *Outbox) subscriber(name string) *subscriber {
	for _, s := range o.subscribers {
		if s.name == name {
			return s
		}
	}
	s := &subscriber{name: name, handlers: map[string]func(context.Context, []byte) error{}, wake: make(chan struct{}, 1),
		atOnce: handlers}
	o.subscribers = append(o.subscribers, s)
	return s
}

// Append writes event, a struct that encoding/json carries faithfully, for every subscriber of its type, as part of tx; after the
// commit they are woken. seq orders the events of the tenure: take it from a counter on the tenure's row. Appending the same type
// of event twice under one tenure and seq is a unique violation.
func (o *Outbox) Append(ctx context.Context, tx *sqldb.Tx, tenure simtrust.TenureID, seq int64, event any) error {
	return o.AppendAll(ctx, tx, Event{tenure, seq, event})
}

// Event is what [Outbox.Append] takes.
type Event struct {
	Tenure simtrust.TenureID
	Seq    int64
	Event  any
}

// AppendAll appends events, in one statement where the store has one for that.
func (o *Outbox) AppendAll(ctx context.Context, tx *sqldb.Tx, events ...Event) error {
	var rows [][]any
	for _, e := range events {
		eventType := typeName(e.Event)
		body, err := json.Marshal(e.Event)
		if err != nil {
			return fmt.Errorf("outbox: encode %s: %w", eventType, err)
		}
		for _, s := range o.subscribers {
			if _, ok := s.handlers[eventType]; ok {
				rows = append(rows, []any{simtrust.NewID("dlv"), s.name, string(e.Tenure), e.Seq, eventType, string(body), int64(0), o.now().UnixMilli()})
				tx.OnCommit(s.signal)
			}
		}
	}
	return insert(ctx, tx, rows)
}

// typeName names the type of an event, be it passed as a value or by pointer, as [On] does.
func typeName(event any) string {
	t := reflect.TypeOf(event)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.String()
}

func (s *subscriber) signal() {
	select {
	case s.wake <- struct{}{}:
	default: // a signal is waiting already
	}
}
