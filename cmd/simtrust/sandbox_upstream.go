package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"simtrust/internal/app"
	"simtrust/internal/sandbox"
)

// upstream has the chatbot rail known to a platform in each shape, which calls back, and is sent by where --upstream says so.
func (s *sandboxCmd) upstream(c *app.Config, w *sandbox.Config) error {
	secrets := map[string]*string{"upstream-rbm.token": &w.Upstream.ClientToken, "upstream-rbm.access": &w.Upstream.AccessToken,
		"upstream-csp.token": &w.Upstream.CallbackToken, "upstream-csp.key": &w.Upstream.AppKey}
	at := func(file string) string { return filepath.Join(c.Data, file) }
	for file, secret := range secrets {
		text, err := app.Secret(at(file))
		if err != nil {
			return err
		}
		*secret = strings.TrimSpace(string(text))
	}
	rbm := &app.UpstreamRBM{AgentID: sandbox.UpstreamAgent, ClientTokenFile: at("upstream-rbm.token")}
	csp := &app.UpstreamCSP{ChatbotID: sandbox.UpstreamAddress, AppID: sandbox.UpstreamApp, CallbackTokenFile: at("upstream-csp.token")}
	c.Messaging.Upstream = []app.Upstream{{Name: sandbox.UpstreamRBM, Chatbot: sandbox.UpstreamChatbot, RBM: rbm},
		{Name: sandbox.UpstreamCSP, Chatbot: sandbox.UpstreamChatbot, CSP: csp}}
	switch shape, url, _ := strings.Cut(s.Upstream, "="); shape {
	case "":
	case "rbm":
		rbm.URL, rbm.AccessTokenFile = url, at("upstream-rbm.access")
	case "csp":
		csp.URL, csp.AppKeyFile = url, at("upstream-csp.key")
	default:
		return fmt.Errorf("--upstream %s: write rbm=URL or csp=URL", s.Upstream)
	}
	return nil
}
