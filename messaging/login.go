package messaging

import (
	"context"
	"fmt"
	"slices"
	"time"

	"simtrust/internal/sqldb"
	"simtrust/messaging/gsma"
)

// Login has the suggestions of a content that open a URL open it with their recipient logged in.
type Login struct {
	// App is the client_id of the application that the URL is of.
	App string
	URL string
}

// Logins makes the links for that (onetap.Service).
type Logins interface {
	// Check refuses what a chatbot may not open. Errors: KindDenied, KindUnavailable.
	Check(ctx context.Context, chatbot string, list []Login) error
	// Place returns the URL that stands for the link of a message's n-th login in the content that is stored for all its recipients. It is
	// as long as the links that the copies get.
	Place(message string, n int) string
	// Keep notes within tx where the links of messages lead.
	Keep(ctx context.Context, tx *sqldb.Tx, list []LoginMessage) error
	// Kept reports whether a message has links.
	Kept(ctx context.Context, message string) (bool, error)
	// Revoke ends the links of a message within tx, or those of the deliveries named.
	Revoke(ctx context.Context, tx *sqldb.Tx, message string, deliveries []string) error
}

// LoginMessage is a message with logins.
type LoginMessage struct {
	Message string
	Logins  []Login
	// Accepted is when the message was.
	Accepted time.Time
}

// maxLogins is how many one message may have.
const maxLogins = 16

// MaxLoginLife is how long a message with logins may live, and its links do.
const MaxLoginLife = 6 * 24 * time.Hour

// checkLogins refuses what no content could have.
func (r *SendReq) checkLogins(now time.Time) error {
	switch {
	case len(r.Logins) > maxLogins:
		return invalid(ReasonLogin, fmt.Sprintf("logins: up to %d", maxLogins))
	case len(r.Logins) > 0 && (r.Expires.After(now.Add(MaxLoginLife)) || r.Life > MaxLoginLife):
		return invalid(ReasonLogin, "expires: at most six days from now, as long as logins are good")
	}
	for i, l := range r.Logins {
		if slices.ContainsFunc(r.Logins[:i], func(o Login) bool { return o.URL == l.URL }) {
			return invalid(ReasonLogin, fmt.Sprintf("/logins/%d/url: named before", i))
		}
	}
	return nil
}

// personal is the content of a request with the places of its logins' links in it, and the URLs of these places.
func (s *Service) personal(ctx context.Context, message string, req *SendReq) (c gsma.Content, places []string, err error) {
	if len(req.Logins) == 0 {
		return req.Content, nil, nil
	}
	if s.Logins == nil {
		return c, nil, invalid(ReasonLogin, "logins: there are none here")
	}
	if err := s.Logins.Check(ctx, req.Chatbot, req.Logins); err != nil {
		return c, nil, err
	}
	used := make([]bool, len(req.Logins))
	c = req.Content.Opening(func(url string) string {
		n := slices.IndexFunc(req.Logins, func(l Login) bool { return l.URL == url })
		if n < 0 {
			return url
		}
		used[n] = true
		return s.Logins.Place(message, n)
	})
	for n, there := range used {
		if !there {
			return c, nil, invalid(ReasonLogin, fmt.Sprintf("/logins/%d/url: no suggestion of the content opens it", n))
		}
		places = append(places, s.Logins.Place(message, n))
	}
	return c, places, nil
}

// keepLogins notes where the links of accepted messages lead.
func (s *Service) keepLogins(ctx context.Context, tx *sqldb.Tx, accepted []*order) error {
	var list []LoginMessage
	for _, o := range accepted {
		if len(o.req.Logins) > 0 && len(o.to) > 0 {
			list = append(list, LoginMessage{o.id, o.req.Logins, o.created})
		}
	}
	if len(list) == 0 {
		return nil
	}
	return s.Logins.Keep(ctx, tx, list)
}

// hasLogins reports whether the copies of a message have links that its page has not.
func (s *Service) hasLogins(ctx context.Context, message string) (bool, error) {
	if s.Logins == nil {
		return false, nil
	}
	return s.Logins.Kept(ctx, message)
}

// revokeLogins ends the links of a message that was asked back, also where it has arrived.
func (s *Service) revokeLogins(ctx context.Context, tx *sqldb.Tx, message string, deliveries []string) error {
	if s.Logins == nil {
		return nil
	}
	return s.Logins.Revoke(ctx, tx, message, deliveries)
}
