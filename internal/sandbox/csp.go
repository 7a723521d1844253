package sandbox

import (
	"context"
	"fmt"

	"simtrust/internal/rpc"
)

// CSPAccount is what a chatbot uses the Chinese interface for chatbots with.
type CSPAccount struct {
	AppID         string `json:"app_id"`
	AppKey        string `json:"app_key"`
	CallbackToken string `json:"callback_token"`
}

type (
	issueCSP struct {
		Chatbot string `path:"chatbot" json:"-"`
	}
	issuedCSP struct {
		CSPAccount
		ChatbotID string `json:"chatbot_id"`
	}
)

// openCSP has the server give every chatbot its credentials, once in a world's life. Those that a run was given and could not write down
// before it was killed end with the ones that the next is given.
func (o *operator) openCSP(ctx context.Context) error {
	issue := rpc.Call[issueCSP, issuedCSP](o.admin, "POST /messaging/v1/chatbots/{chatbot}/csp-credentials")
	for _, c := range o.world.Chatbots {
		if c.CSP != nil {
			continue
		}
		issued, err := issue(ctx, issueCSP{c.ID})
		if err != nil {
			return fmt.Errorf("sandbox: CSP credentials of the chatbot %s: %w", c.Name, err)
		}
		c.CSP = &issued.CSPAccount
		if err := o.world.save(); err != nil {
			return err
		}
	}
	return nil
}
