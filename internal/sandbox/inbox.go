package sandbox

import (
	"context"
	"errors"
	"slices"
	"sync"

	"simtrust/internal/rpc"
	"simtrust/messaging/gsma"
)

// inbox is what people do with the messages on their phones.
type inbox struct {
	mail *mail
	// known refuses a number that is not of this world.
	known   func(number string) error
	inbound func(context.Context, rcsInbound) (struct{}, error)
	spam    func(context.Context, rcsSpam) (struct{}, error)
	refuse  func(context.Context, refusalOf) (struct{}, error)
	// text sends a text message of a person to the sender of another.
	text func(ctx context.Context, from string, to *message, text string) error
	// closed ends the streams; hangUp closes it.
	closed chan struct{}
	hangUp func()
}

type (
	rcsInbound struct {
		ID          string `json:"id"`
		From        string `json:"from"`
		To          string `json:"to"`
		InReplyTo   string `json:"in_reply_to,omitempty"`
		ContentType string `json:"content_type"`
		Body        string `json:"body"`
	}
	rcsSpam struct {
		From string `json:"from"`
		ID   string `json:"id"`
		Type string `json:"type"`
	}
	refusalOf struct {
		Number    string `json:"number"`
		ServiceID string `json:"service_id"`
	}
)

// inboxItem is one message as programs see it. What is not a rich message has a content of text alone.
type inboxItem struct {
	ID       string       `json:"id"`
	Channel  string       `json:"channel"`
	Sender   string       `json:"sender"`
	Name     string       `json:"name,omitempty"`
	Verified bool         `json:"verified"`
	Content  gsma.Content `json:"content"`
}

var (
	errNoMessage  = errors.New("no such message in this inbox; GET it for the list")
	errNoChoice   = errors.New("the message has no button with this postback")
	errNoSender   = errors.New("no message of this sender is in the inbox")
	errNotHeld    = errors.New("nobody has the number in this network")
	errNoRich     = errors.New("the phone cannot do rich messages at the moment; switch rcs on first")
	errSwitched   = errors.New("the phone is switched off")
	errTextSpam   = errors.New("only rich messages can be reported; refuse the sender of a text message")
	errUnanswered = errors.New("the server did not take it; try again")
)

func newInbox(m *mail, known func(number string) error, server *rpc.Client) *inbox {
	closed := make(chan struct{})
	return &inbox{mail: m, known: known, closed: closed, hangUp: sync.OnceFunc(func() { close(closed) }),
		inbound: rpc.Call[rcsInbound, struct{}](server, "POST /messaging/v1/rcs/inbound"),
		spam:    rpc.Call[rcsSpam, struct{}](server, "POST /messaging/v1/rcs/spam-reports"),
		refuse:  rpc.Call[refusalOf, struct{}](server, "POST /messaging/v1/opt-in-refusals"),
	}
}

// content is what a message says.
func (msg *message) content() gsma.Content {
	got, err := gsma.Decode(gsma.Part{ContentType: msg.ContentType, Data: []byte(msg.Body)})
	if err != nil {
		return gsma.Content{Text: msg.Body}
	}
	return got.Content
}

// list returns what a number's holder has got and written, as it came.
func (m *mail) list(number string) []message {
	tenure, _ := m.phone(number)
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []message
	for _, msg := range m.inboxes[tenure] {
		out = append(out, *msg)
	}
	return out
}

// display has messages counted as seen.
func (m *mail) display(list []message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var entries []entry
	for _, seen := range list {
		if msg := m.byID[seen.ID]; msg.State == mailDelivered {
			entries = append(entries, entry{Changed: &change{msg.ID, fate{mailDisplayed, m.now(), msg.Verified}}})
		}
	}
	return m.write(entries...)
}

// items are the messages that came, which are seen by that.
func (i *inbox) items(number string) ([]inboxItem, error) {
	if err := i.known(number); err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(i.mail.list(number), func(msg message) bool { return msg.Own })
	out := make([]inboxItem, len(list))
	for n, msg := range list {
		out[n] = inboxItem{msg.ID, msg.Channel, msg.Sender, msg.Name, msg.Verified, msg.content()}
	}
	return out, i.mail.display(list)
}

// find returns a message of an inbox.
func (i *inbox) find(number, id string) (message, error) {
	if err := i.known(number); err != nil {
		return message{}, err
	}
	list := i.mail.list(number)
	at := slices.IndexFunc(list, func(msg message) bool { return msg.ID == id && !msg.Own })
	if at < 0 {
		return message{}, errNoMessage
	}
	return list[at], nil
}
