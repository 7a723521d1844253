package main

import (
	"path/filepath"
	"strings"

	"simtrust/internal/app"
	"simtrust/internal/sandbox"
)

// upstream has the chatbot rail known to a platform in each shape, which calls back and is not sent by.
func upstream(c *app.Config, w *sandbox.Config) error {
	clientToken, callbackToken := filepath.Join(c.Data, "upstream-rbm.token"), filepath.Join(c.Data, "upstream-csp.token")
	for file, token := range map[string]*string{clientToken: &w.Upstream.ClientToken, callbackToken: &w.Upstream.CallbackToken} {
		text, err := app.Secret(file)
		if err != nil {
			return err
		}
		*token = strings.TrimSpace(string(text))
	}
	c.Messaging.Upstream = []app.Upstream{
		{Name: sandbox.UpstreamRBM, Chatbot: sandbox.UpstreamChatbot, RBM: &app.UpstreamRBM{AgentID: sandbox.UpstreamAgent, ClientTokenFile: clientToken}},
		{Name: sandbox.UpstreamCSP, Chatbot: sandbox.UpstreamChatbot, CSP: &app.UpstreamCSP{ChatbotID: sandbox.UpstreamAddress, CallbackTokenFile: callbackToken}},
	}
	return nil
}
