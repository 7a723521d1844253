package events

import (
	"context"
	"embed"
	"errors"
	"sync"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Reasons of refusal.
const (
	ReasonURL          = "webhook_url"        // invalid: not an https URL, or one with a user or a fragment
	ReasonUnchecked    = "webhook_unchecked"  // invalid: the receiver did not answer the check
	ReasonKind         = "webhook_kind"       // invalid: no such form of webhook
	ReasonNoWebhook    = "no_webhook"         // not found
	ReasonLastEvent    = "last_event_id"      // invalid: not a number of the log
	ReasonTooManyHeard = "too_many_listeners" // limited: streams of one chatbot
)

const (
	keep  = 7 * 24 * time.Hour // of events
	prune = time.Hour          // from one pruning to the next
	look  = time.Second        // how often other nodes' events are looked for
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations {
	return sqldb.Migrations{Module: "messaging_events", FS: migrations}
}

// Service keeps the logs and sends them out. Its methods are safe for concurrent use.
type Service struct {
	Deps
	Config
	forms  map[Kind]Form
	hub    *hub
	closed chan struct{}
	once   sync.Once
}

// New returns the service over a migrated store.
func New(d Deps, c Config) *Service {
	return &Service{Deps: d, Config: c, forms: map[Kind]Form{Own: own{d, c.Issuer}}, hub: newHub(), closed: make(chan struct{})}
}

// Close ends the streams, when the server stops.
func (s *Service) Close() { s.once.Do(func() { close(s.closed) }) }

// Deliver sends what is due, and returns when all of it was taken or refused.
func (s *Service) Deliver(ctx context.Context) error {
	var senders sync.WaitGroup
	defer senders.Wait()
	return s.send(ctx, &senders, make(chan struct{}, atOnce))
}

// Run sends events to webhooks and prunes the logs until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	var senders sync.WaitGroup
	defer senders.Wait()
	room := make(chan struct{}, atOnce)
	tick, pruning := time.NewTicker(look), time.NewTicker(prune)
	defer tick.Stop()
	defer pruning.Stop()
	for {
		if err := s.send(ctx, &senders, room); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "webhooks cannot be looked up", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.hub.hooks:
		case <-tick.C:
		case <-pruning.C:
			if err := s.Prune(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "old events cannot be removed", "error", err)
			}
		}
	}
}

func invalid(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: "messaging.events", Msg: msg}
}

var errNoWebhook = error(&simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonNoWebhook, Op: "messaging.events", Msg: "the chatbot has no webhook"})

var errTooMany = error(&simtrust.Error{Kind: simtrust.KindLimited, Reason: ReasonTooManyHeard, Op: "messaging.events", Msg: "too many streams of this chatbot are open; close one"})

var errOvertaken = errors.New("another node is at it")
