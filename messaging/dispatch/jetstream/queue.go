// Package jetstream is a queue of hints on an external NATS JetStream cluster, for so many nodes that they would meet in the table of
// deliveries. The table stays the record: the stream may lose a hint, or repeat it.
//
// One stream with the retention of a work queue holds a message for each hint; each channel has two durable consumers, for what is
// urgent and for what is not. A hint is acknowledged once its deliveries were worked on, and comes again otherwise.
package jetstream

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"simtrust/messaging/dispatch"
)

const (
	streamName = "simtrust-dispatch"
	subjects   = "simtrust.dispatch."
	// age is how long a hint is kept. Long before that its deliveries were found in the table.
	age = time.Hour
	// ackTime is how long a node may be at work on a hint: as long as a lease.
	ackTime = 30 * time.Second
	// takeTime is how long Take waits.
	takeTime = time.Second
	// setupTime is how long the cluster may take to make a stream or a consumer.
	setupTime = 5 * time.Second
	// putPatience is how long Put waits while another is at that.
	putPatience = 2 * time.Second
)

// Queue implements dispatch.Hints.
type Queue struct {
	conn     *nats.Conn
	js       jetstream.JetStream
	replicas int

	// setup is taken by the one who has the cluster make something.
	setup chan struct{}

	mu        sync.Mutex
	stream    jetstream.Stream // nil: to be made
	consumers map[string]jetstream.Consumer
}

var _ dispatch.Hints = (*Queue)(nil)

// Open names the cluster at a URL, and makes the stream there with as many replicas as are asked for once it is reached. A cluster that is
// away, at first or later, is joined when it comes, which log is told: until then Put fails, and Take waits for nothing. The options are
// NATS's own, for credentials and certificates. Close ends the connection.
func Open(url string, replicas int, log *slog.Logger, opts ...nats.Option) (*Queue, error) {
	away := func(_ *nats.Conn, err error) {
		log.Warn("the queue of hints is away; what they name is found in the table", "error", err)
	}
	joined := func(*nats.Conn) { log.Info("the queue of hints is there") }
	conn, err := nats.Connect(url, append([]nats.Option{nats.Name("simtrust"), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true),
		nats.IgnoreAuthErrorAbort(), nats.ConnectHandler(joined), nats.ReconnectHandler(joined), nats.DisconnectErrHandler(away)}, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("jetstream: %w", err)
	}
	if !conn.IsConnected() {
		away(conn, conn.LastError())
	}
	q := &Queue{conn: conn, replicas: replicas, setup: make(chan struct{}, 1), consumers: map[string]jetstream.Consumer{}}
	if q.js, err = jetstream.New(conn); err != nil {
		conn.Close()
		return nil, fmt.Errorf("jetstream: %w", err)
	}
	return q, nil
}

// made is the stream, made where this node has not done so since it last failed. The caller has setup.
func (q *Queue) made(ctx context.Context) (jetstream.Stream, error) {
	if s, _ := q.known(""); s != nil {
		return s, nil
	}
	s, err := q.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: streamName, Subjects: []string{subjects + ">"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage,
		MaxAge: age, Replicas: q.replicas,
	})
	if err == nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.stream = s
	}
	return s, err
}

// known are the stream and a consumer, where they are made.
func (q *Queue) known(consumer string) (jetstream.Stream, jetstream.Consumer) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.stream, q.consumers[consumer]
}

// settingUp calls f as the only one that has the cluster make something. Others are waited for until turn has ended.
func (q *Queue) settingUp(ctx, turn context.Context, f func(ctx context.Context) error) error {
	select {
	case q.setup <- struct{}{}:
	case <-turn.Done():
		return errBusy
	}
	defer func() { <-q.setup }()
	ctx, cancel := context.WithTimeout(ctx, setupTime)
	defer cancel()
	return f(ctx)
}

// ready makes the stream where that is to be done.
func (q *Queue) ready(ctx context.Context) error {
	if !q.conn.IsConnected() {
		return errAway
	}
	if s, _ := q.known(""); s != nil {
		return nil
	}
	turn, cancel := context.WithTimeout(ctx, putPatience)
	defer cancel()
	return q.settingUp(ctx, turn, func(ctx context.Context) error {
		_, err := q.made(ctx)
		return err
	})
}

// failed is what an error comes to: stream and consumers are made again, for they may have gone with the cluster's store.
func (q *Queue) failed(err error) error {
	if errors.Is(err, errBusy) {
		return fmt.Errorf("jetstream: %w", err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stream = nil
	clear(q.consumers)
	return fmt.Errorf("jetstream: %w", err)
}

var (
	errAway = errors.New("the cluster is away")
	errBusy = errors.New("the cluster is being set up")
)

// Close ends the connection; Take returns with an error then.
func (q *Queue) Close() { q.conn.Close() }

// Put implements dispatch.Hints.
func (q *Queue) Put(ctx context.Context, hints []dispatch.Hint) error {
	err := q.ready(ctx)
	if err == nil {
		err = q.put(ctx, hints)
	}
	if err != nil {
		return q.failed(err)
	}
	return nil
}

func (q *Queue) put(ctx context.Context, hints []dispatch.Hint) error {
	answers := make([]jetstream.PubAckFuture, len(hints))
	for i, h := range hints {
		body, err := json.Marshal(h.Deliveries)
		if err != nil {
			return err
		}
		if answers[i], err = q.js.PublishAsync(subjects+token(h.Channel, h.Urgent), body); err != nil {
			return err
		}
	}
	for _, a := range answers {
		select {
		case <-a.Ok():
		case err := <-a.Err():
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Take implements dispatch.Hints.
func (q *Queue) Take(ctx context.Context, channel dispatch.Channel, urgent bool) (deliveries []string, done func(), err error) {
	if !q.conn.IsConnected() && !q.conn.IsClosed() {
		wait(ctx)
		return nil, nil, nil
	}
	c, err := q.consumer(ctx, token(channel, urgent))
	if err != nil {
		return nil, nil, q.failed(err)
	}
	msg, err := c.Next(jetstream.FetchMaxWait(takeTime))
	if errors.Is(err, nats.ErrTimeout) || errors.Is(err, jetstream.ErrNoMessages) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, q.failed(err)
	}
	if err := json.Unmarshal(msg.Data(), &deliveries); err != nil {
		_ = msg.Term() // is none of ours
		return nil, nil, fmt.Errorf("jetstream: a hint: %w", err)
	}
	return deliveries, func() { _ = msg.Ack() }, nil
}

// wait is as long as Take waits for a hint.
func wait(ctx context.Context) {
	t := time.NewTimer(takeTime)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// consumer is that of a subject's last part, made where it is not there yet.
func (q *Queue) consumer(ctx context.Context, name string) (c jetstream.Consumer, err error) {
	if _, c = q.known(name); c != nil {
		return c, nil
	}
	err = q.settingUp(ctx, ctx, func(ctx context.Context) error {
		s, err := q.made(ctx)
		if err != nil {
			return err
		}
		c, err = s.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
			Durable: name, FilterSubject: subjects + name, AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackTime,
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.consumers[name] = c
	return c, nil
}

// token is the last part of a subject, and the name of its consumer: letters, digits, - and _ only.
func token(c dispatch.Channel, urgent bool) string {
	class := "later-"
	if urgent {
		class = "urgent-"
	}
	return class + base64.RawURLEncoding.EncodeToString([]byte(c))
}
