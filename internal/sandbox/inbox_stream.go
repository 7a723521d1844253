package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"simtrust/web"
)

const (
	streamBeat  = 15 * time.Second // by which a reader is found gone that did not say so
	streamWrite = 10 * time.Second // for which a reader may take nothing
)

// inboxState is what an inbox holds, or the conversation with one sender, of which nothing is unread where it is shown.
type inboxState struct {
	Messages int    `json:"messages"`
	Unread   int    `json:"unread,omitempty"`
	Latest   string `json:"latest,omitempty"`
}

// stateOf is the state of an inbox in JSON, or that of the conversation with a sender where one is named.
func stateOf(list []message, sender string) string {
	now := inboxState{Unread: unread(list)}
	if sender != "" {
		list, now.Unread = talkWith(list, sender), 0
	}
	if now.Messages = len(list); now.Messages > 0 {
		now.Latest = list[now.Messages-1].ID
	}
	text, _ := json.Marshal(now) // cannot fail
	return string(text)
}

func liveOf(number, sender string, list []message) web.Live {
	stream := inboxURL(number) + "/stream"
	if sender != "" {
		stream += "?from=" + url.QueryEscape(sender)
	}
	return web.Live{Stream: stream, State: stateOf(list, sender)}
}

// stream tells of an inbox, or with from of one conversation, as it changes (WHATWG HTML, server-sent events): at once, and then at each
// change, an event messages with the state. It ends with its reader, or the world.
func (i *inbox) stream(w http.ResponseWriter, r *http.Request) {
	number, sender := r.PathValue("number"), r.URL.Query().Get("from")
	if err := i.known(number); err != nil {
		answer(w, nil, err)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	for told := ""; ; {
		changed := i.mail.changes()
		if now := stateOf(i.mail.list(number), sender); now != told {
			if push(w, "event: messages\ndata: "+now+"\n\n") != nil {
				return
			}
			told = now
		}
		select {
		case <-changed:
		case <-beat.C:
			if push(w, ": \n\n") != nil {
				return
			}
		case <-i.closed:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// push has a reader get a piece at once, and gives up on one that does not read.
func push(w http.ResponseWriter, text string) error {
	c := http.NewResponseController(w)
	if err := c.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil {
		return err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return err
	}
	return c.Flush()
}
