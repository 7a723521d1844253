package maap

import (
	"fmt"
	"net/url"
	"regexp"

	"simtrust/messaging/csp"
)

// Account is one chatbot of ours at one platform: exactly one of RBM and CSP.
type Account struct {
	// Name stands in the URLs that the platform calls and in the ids of what comes in: up to 32 lower-case letters, digits and hyphens,
	// the same for good.
	Name string
	// Chatbot is our chatbot's service id.
	Chatbot string
	RBM     *RBM
	CSP     *CSP
}

// RBM is an account in the shape of RCS for Business.
type RBM struct {
	// URL is what the paths /v1/… are appended to; empty: messages are received, and not sent.
	URL string
	// AgentID is the platform's id of the agent.
	AgentID string
	// ClientToken is what the webhook was registered with; callbacks are signed with it.
	ClientToken string
	// Exactly one of the following gives access, unless messages are only received. TokenFile holds the access token, and is read for each
	// request: whoever keeps it fresh replaces the file. OAuth and Service ask for tokens.
	TokenFile string
	OAuth     *OAuth
	Service   *ServiceAccount
}

// ways is by how many ways tokens are had.
func (c *RBM) ways() (n int) {
	for _, has := range []bool{c.TokenFile != "", c.OAuth != nil, c.Service != nil} {
		if has {
			n++
		}
	}
	return n
}

// OAuth is where access tokens are asked for with client_credentials (RFC 6749 §4.4), by HTTP Basic.
type OAuth struct {
	TokenURL, ClientID, Secret, Scope string
}

// CSP is an account in the shape of the Chinese interface for service providers.
type CSP struct {
	// URL is the platform's root with the version of its interface, https://{serverRoot}/bot/{apiVersion}; empty: messages are received,
	// and not sent.
	URL string
	// ChatbotID is the platform's id of the chatbot, a SIP URI.
	ChatbotID string
	// AppID and AppKey ask for access tokens.
	AppID, AppKey string
	// Token signs callbacks.
	Token string
}

// sends reports whether messages go out by the account.
func (a Account) sends() bool {
	return a.RBM != nil && a.RBM.URL != "" || a.CSP != nil && a.CSP.URL != ""
}

var accountName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// check refuses what no callback could be verified with, or no message sent.
func (a Account) check() error {
	switch {
	case !accountName.MatchString(a.Name):
		return fmt.Errorf("name %q: up to 32 lower-case letters, digits and hyphens", a.Name)
	case a.Chatbot == "":
		return fmt.Errorf("%s: chatbot: the service id of a chatbot", a.Name)
	case (a.RBM == nil) == (a.CSP == nil):
		return fmt.Errorf("%s: exactly one of rbm and csp", a.Name)
	case a.RBM != nil:
		return a.RBM.check(a.Name)
	}
	return a.CSP.check(a.Name)
}

func (c *RBM) check(name string) error {
	switch {
	case c.AgentID == "" || c.ClientToken == "":
		return fmt.Errorf("%s: agent_id and client_token_file are needed to tell the platform's callbacks", name)
	case c.URL == "":
		return nil
	case !isURL(c.URL) || c.OAuth != nil && !isURL(c.OAuth.TokenURL):
		return fmt.Errorf("%s: url and token_url: write http or https URLs", name)
	case c.ways() != 1:
		return fmt.Errorf("%s: exactly one of access_token_file, token_url and service_account_file", name)
	}
	return nil
}

func (c *CSP) check(name string) error {
	switch {
	case c.ChatbotID == "" || c.Token == "":
		return fmt.Errorf("%s: chatbot_id and callback_token_file are needed to tell the platform's callbacks", name)
	case c.URL == "":
		return nil
	case !isURL(c.URL):
		return fmt.Errorf("%s: url: write an http or https URL", name)
	case c.AppID == "" || c.AppKey == "":
		return fmt.Errorf("%s: app_id and app_key_file are needed to send", name)
	}
	return nil
}

// is reports whether an id names the account's chatbot. Platforms write it with and without its scheme, in either case.
func (c *CSP) is(id string) bool { return csp.ServiceID(id) == csp.ServiceID(c.ChatbotID) }

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}
