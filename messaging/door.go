package messaging

import (
	"context"
	"strings"
	"time"

	"simtrust"
	"simtrust/messaging/gsma"
)

// DoorPrefix begins the postbacks that are the platform's own. What a sender writes has none of them, so that what comes back with one was
// shown by a door.
const DoorPrefix = "simtrust:"

// Postback is the data of a suggestion that comes back to a door. A token is the door's own, of ASCII without a colon.
func Postback(door, token string) string { return DoorPrefix + door + ":" + token }

// Tap is a suggestion of a door that a person took.
type Tap struct {
	// ID is that of what came in; it never comes twice for different ones.
	ID string
	// Token is what Postback was made with. The person could have written any: a door proves it.
	Token                 string
	Chatbot, Conversation string
	// Message and Delivery are what it answers, where that is known.
	Message, Delivery string
	Tenure            simtrust.TenureID
	Channel           gsma.Channel
	// Typed: the person typed a number or a word for it, on a channel without buttons.
	Typed bool
	At    time.Time
}

// Door acts on its suggestions instead of the chatbot's people.
type Door interface {
	// Tapped is called at least once for a tap, before that is noted. With an error of kind unavailable it comes again, any other ends it.
	Tapped(ctx context.Context, t Tap) error
}

// Install names the door of a name, before the service is used.
func (s *Service) Install(door string, d Door) { s.doors[door] = d }

// tap is what an answer says to a door; ok is false where it is the chatbot's people's to hear.
func (s *Service) tap(chatbot string, tenure simtrust.TenureID, m Inbound, e ReplyEvent) (door Door, t Tap, ok bool) {
	if e.Response == nil {
		return nil, t, false
	}
	rest, ours := strings.CutPrefix(e.Response.Postback(), DoorPrefix)
	name, token, _ := strings.Cut(rest, ":")
	if door = s.doors[name]; !ours || door == nil {
		return nil, t, false
	}
	return door, Tap{ID: m.ID, Token: token, Chatbot: chatbot, Conversation: e.Conversation, Message: e.Message, Delivery: e.Delivery, Tenure: tenure,
		Channel: m.Channel, Typed: e.Typed != "", At: s.Now()}, true
}

// checkDoors refuses postbacks of doors in what is not a door's. The button that refuses a chatbot is anybody's to show.
func (r *SendReq) checkDoors() error {
	if r.Door {
		return nil
	}
	for data := range r.Content.Postbacks() {
		if strings.HasPrefix(data, DoorPrefix) && data != refusal {
			return invalid(ReasonContent, "content: postback data that begins with "+DoorPrefix+" is the platform's own")
		}
	}
	return nil
}
