package onetap

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"time"

	"simtrust"
)

// Reasons of refusal; part of the wire contract.
const (
	ReasonApp        = "login_app_refused"   // invalid: no client_id, name or origin
	ReasonNotAllowed = "login_not_allowed"   // denied: the chatbot may not open the app, or not at that URL
	ReasonUnknownApp = "unknown_login_app"   // not found
	ReasonLink       = "unknown_login_link"  // not found; in pages only
	ReasonSpent      = "login_link_was_used" // conflict; in pages only
)

const op = "messaging.onetap"

func fault(kind simtrust.Kind, reason, msg string) error {
	return &simtrust.Error{Kind: kind, Reason: reason, Op: op, Msg: msg}
}

// App is an app that a chatbot may open.
type App struct {
	Chatbot string
	// Client is its client_id; Name what persons read on the button.
	Client, Name string
	// Origin is where it is: a scheme and a host, of its initiate_login_uri.
	Origin    string
	Allowed   time.Time
	AllowedBy string
}

var (
	clientForm = regexp.MustCompile(`^[!-~]{1,128}$`)
	errApp     = fault(simtrust.KindInvalid, ReasonApp, "client_id; name: 1 to 64 characters; origin: such as https://shop.example, http only on a loopback address")
)

func (a App) check() error {
	if !clientForm.MatchString(a.Client) || !legible(a.Name) || a.Origin != originOf(a.Origin) || !secure(a.Origin) {
		return errApp
	}
	return nil
}

// originOf is the origin of a URL of the web, empty for any other.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}

// secure admits http where it does not leave the machine.
func secure(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "https" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1")
}

// Allow lets a chatbot open an app; the same app again takes its new name and origin. Errors: KindInvalid with [ReasonApp]; KindNotFound
// for a chatbot that there is not.
func (s *Service) Allow(ctx context.Context, a App) error {
	if err := a.check(); err != nil {
		return err
	}
	if err := s.Senders.Known(ctx, a.Chatbot); err != nil {
		return err
	}
	a.Allowed = s.Now()
	return s.upsertApp(ctx, a)
}

// Forbid takes that back, also for links that are out. Error: KindNotFound with [ReasonUnknownApp].
func (s *Service) Forbid(ctx context.Context, chatbot, client string) error {
	there, err := s.deleteApp(ctx, chatbot, client)
	if err == nil && !there {
		err = fault(simtrust.KindNotFound, ReasonUnknownApp, "the chatbot may not open that app")
	}
	return err
}

// Apps lists what a chatbot may open.
func (s *Service) Apps(ctx context.Context, chatbot string) ([]App, error) {
	return s.appsOf(ctx, chatbot)
}
