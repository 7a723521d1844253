package events

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"simtrust/internal/rpc"
)

const (
	heartbeat  = 15 * time.Second
	writeTime  = 10 * time.Second
	maxStreams = 16 // of one chatbot, on this node
)

// stream serves a chatbot's events as they come (WHATWG HTML, server-sent events): id is the event's number, event its type, data the
// entry. Without Last-Event-ID it begins with the next event; with it, behind that one. In place of events that are not kept any more comes
// one of type [TypeGap].
func (s *Service) stream(w http.ResponseWriter, r *http.Request) {
	chatbot, ctx := r.PathValue("chatbot"), r.Context()
	caller, _ := rpc.CallerFrom(ctx)
	if err := s.Chatbots.Owned(ctx, caller.Client, chatbot); err != nil {
		rpc.Fail(w, r, err)
		return
	}
	seq, head, err := s.from(ctx, chatbot, r.Header.Get("Last-Event-ID"))
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	news, stop, ok := s.hub.listen(chatbot)
	if !ok {
		rpc.Fail(w, r, errTooMany)
		return
	}
	defer stop()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := writer{w, http.NewResponseController(w)}
	if out.write(": simtrust\n\n") != nil {
		return
	}
	s.follow(ctx, out, listener{caller.Client, chatbot, head}, seq, news)
}

// from is the number to go on behind, and that of the last event there was.
func (s *Service) from(ctx context.Context, chatbot, last string) (seq, head int64, err error) {
	head, err = s.head(ctx, chatbot)
	if err != nil || last == "" {
		return head, head, err
	}
	seq, err = strconv.ParseInt(last, 10, 64)
	if err != nil || seq < 0 || seq > head {
		return 0, 0, invalid(ReasonLastEvent, "Last-Event-ID: the id of an event of this stream")
	}
	return seq, head, nil
}

// listener is who hears of which chatbot, and the last event that there was when they began.
type listener struct {
	client, chatbot string
	head            int64
}

// heard returns the events behind a number, as long as the chatbot is the listener's.
func (s *Service) heard(ctx context.Context, l listener, seq int64) ([]Entry, error) {
	list, err := s.after(ctx, l.chatbot, seq, pageSize)
	if err == nil && len(list) > 0 {
		err = s.Chatbots.Owned(ctx, l.client, l.chatbot)
	}
	return s.withGaps(list, seq, l.head), err
}

// follow writes events until the client or the server goes, or the chatbot is the client's no longer.
func (s *Service) follow(ctx context.Context, out writer, l listener, seq int64, news <-chan struct{}) {
	tick, beat := time.NewTicker(look), time.NewTicker(heartbeat)
	defer tick.Stop()
	defer beat.Stop()
	for {
		list, err := s.heard(ctx, l, seq)
		if err != nil {
			return // the client comes again, behind what it has
		}
		for _, e := range list {
			if out.event(e) != nil {
				return
			}
			seq = e.Seq
		}
		if len(list) >= pageSize {
			continue
		}
		select {
		case <-news:
		case <-tick.C:
		case <-beat.C:
			if out.write(": \n\n") != nil {
				return
			}
		case <-s.closed:
			return
		case <-ctx.Done():
			return
		}
	}
}

// writer sends each piece at once, and gives up on a client that does not read.
type writer struct {
	w http.ResponseWriter
	c *http.ResponseController
}

func (o writer) event(e Entry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return o.write(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", e.Seq, e.Type, data))
}

func (o writer) write(text string) error {
	if err := o.c.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	if _, err := o.w.Write([]byte(text)); err != nil {
		return err
	}
	return o.c.Flush()
}
