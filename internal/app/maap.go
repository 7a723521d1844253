package app

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/gsma"
	"simtrust/messaging/maap"
	"simtrust/messaging/optin"
	"simtrust/messaging/rcs"
	"simtrust/renumber"
)

// Upstream is a chatbot's account at another operator's messaging platform: its name, which stands in the URLs that the platform calls and
// stays the same, the chatbot's service id, and exactly one of rbm and csp.
type Upstream struct {
	Name    string       `yaml:"name"`
	Chatbot string       `yaml:"chatbot"`
	RBM     *UpstreamRBM `yaml:"rbm,omitempty"`
	CSP     *UpstreamCSP `yaml:"csp,omitempty"`
}

// UpstreamRBM is an account in the shape of RCS for Business. URL is what /v1/… follows; without it messages are only received. The access
// token stands in a file that somebody keeps fresh, or is asked for: at token_url with client_credentials, or by a service account of Google's,
// whose JSON key file says where. Scope is for either; a service account asks for that of RCS for Business by itself.
type UpstreamRBM struct {
	URL                string `yaml:"url,omitempty"`
	AgentID            string `yaml:"agent_id"`
	ClientTokenFile    string `yaml:"client_token_file"`
	AccessTokenFile    string `yaml:"access_token_file,omitempty"`
	TokenURL           string `yaml:"token_url,omitempty"`
	ClientID           string `yaml:"client_id,omitempty"`
	ClientSecretFile   string `yaml:"client_secret_file,omitempty"`
	ServiceAccountFile string `yaml:"service_account_file,omitempty"`
	Scope              string `yaml:"scope,omitempty"`
}

// UpstreamCSP is an account in the shape of the Chinese interface. URL is https://{serverRoot}/bot/{apiVersion}; without it messages are
// only received.
type UpstreamCSP struct {
	URL               string `yaml:"url,omitempty"`
	ChatbotID         string `yaml:"chatbot_id"`
	AppID             string `yaml:"app_id,omitempty"`
	AppKeyFile        string `yaml:"app_key_file,omitempty"`
	CallbackTokenFile string `yaml:"callback_token_file"`
}

// account reads the secrets of an account.
func (u Upstream) account() (maap.Account, error) {
	a := maap.Account{Name: u.Name, Chatbot: u.Chatbot}
	var s secrets
	if c := u.RBM; c != nil {
		a.RBM = &maap.RBM{URL: c.URL, AgentID: c.AgentID, ClientToken: s.read("client_token_file", c.ClientTokenFile), TokenFile: c.AccessTokenFile}
		if c.TokenURL != "" {
			a.RBM.OAuth = &maap.OAuth{TokenURL: c.TokenURL, ClientID: c.ClientID, Secret: s.read("client_secret_file", c.ClientSecretFile), Scope: c.Scope}
		}
		if c.ServiceAccountFile != "" {
			a.RBM.Service = s.serviceAccount(c.ServiceAccountFile, c.Scope)
		}
	}
	if c := u.CSP; c != nil {
		a.CSP = &maap.CSP{URL: c.URL, ChatbotID: c.ChatbotID, AppID: c.AppID, Token: s.read("callback_token_file", c.CallbackTokenFile)}
		if c.AppKeyFile != "" {
			a.CSP.AppKey = s.read("app_key_file", c.AppKeyFile)
		}
	}
	return a, s.err
}

// secrets are read from their files; the first fault stays.
type secrets struct{ err error }

func (s *secrets) read(setting, path string) string {
	text, err := readSecret(path)
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("%s: %w", setting, err)
	}
	return string(text)
}

func (s *secrets) serviceAccount(path, scope string) *maap.ServiceAccount {
	file := s.read("service_account_file", path)
	if s.err != nil {
		return nil
	}
	a, err := maap.ParseServiceAccount([]byte(file), scope)
	if err != nil {
		s.err = fmt.Errorf("service_account_file: %s: %w", path, err)
	}
	return a
}

// carryRich names the ways of rich messages: the gateway, the accounts at other platforms, or both.
func (a *App) carryRich(x *messages, list []Upstream) error {
	if len(list) == 0 {
		if x.rcs != nil {
			x.carry("rcs", x.rcs, rcs.Rich)
		}
		return nil
	}
	accounts := make([]maap.Account, len(list))
	for i, u := range list {
		var err error
		if accounts[i], err = u.account(); err != nil {
			return fmt.Errorf("messaging.upstream %s: %w", u.Name, err)
		}
	}
	d := maap.Deps{DB: a.db, Directory: upstreamDirectory{x}, Reports: x.dispatch, Inbox: upstreamInbox{x}, Consents: func(words string) bool { return optin.Hear(words) == optin.HeardStart },
		Key: a.keys.HMAC("messaging upstream access tokens"), Log: a.obs.Log, Now: time.Now,
		Client: &http.Client{Transport: &http.Transport{MaxIdleConns: bearerConnections, MaxIdleConnsPerHost: bearerConnections}}}
	if x.rcs != nil {
		d.Gateway = x.rcs
	}
	var err error
	if x.upstream, err = maap.New(d, accounts...); err != nil {
		return fmt.Errorf("messaging.upstream: %w", err)
	}
	if x.upstream.Sends() {
		x.carry("rcs", x.upstream, maap.Rich)
	}
	return nil
}

// upstreamDirectory knows whom messages are from and to.
type upstreamDirectory struct{ *messages }

// Live implements maap.Directory.
func (d upstreamDirectory) Live(ctx context.Context, chatbot string) (string, error) {
	bot, err := d.senders.Live(ctx, chatbot)
	return bot.ServiceID, err
}

// Number implements maap.Directory.
func (d upstreamDirectory) Number(ctx context.Context, delivery string) (simtrust.Number, error) {
	list, err := d.dispatch.Status(ctx, delivery)
	if err != nil || len(list) == 0 {
		return simtrust.Number{}, err
	}
	return d.holders.Number(ctx, list[0].Tenure)
}

// upstreamInbox takes what comes back from other platforms.
type upstreamInbox struct{ *messages }

// Received implements maap.Inbox. What was said before the tenure of today opened is a former holder's, or nobody's.
func (i upstreamInbox) Received(ctx context.Context, m maap.Inbound) error {
	tenure, opened, err := i.holders.since(ctx, m.From)
	switch {
	case err != nil:
		return err
	case tenure == "" || !m.Said.IsZero() && m.Said.Before(opened):
		return &simtrust.Error{Kind: simtrust.KindNotFound, Reason: messaging.ReasonNobody, Op: "messaging.upstream", Msg: "who said it does not hold the number now"}
	}
	return i.Service.Received(ctx, messaging.Inbound{ID: "maap:" + m.ID, From: m.From, Tenure: tenure, To: m.To, InReplyTo: m.InReplyTo, Channel: gsma.RCS, Part: m.Part})
}

// since returns the tenure that holds a number now, and when it opened; empty: nobody holds it.
func (h localHolders) since(ctx context.Context, n simtrust.Number) (simtrust.TenureID, time.Time, error) {
	res, err := h.holders(ctx, renumber.HoldersReq{Numbers: []string{n.E164()}})
	if err != nil || len(res.Holders) == 0 || !res.Holders[0].Current {
		return "", time.Time{}, err
	}
	return simtrust.TenureID(res.Holders[0].Tenure), res.Holders[0].Opened, nil
}

// Reported implements maap.Inbox.
func (i upstreamInbox) Reported(ctx context.Context, s maap.Spam) error {
	return i.Spam(ctx, s.From, s.Delivery, s.Type)
}
