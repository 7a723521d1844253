package sandbox

import (
	"context"
	"fmt"

	"simtrust/internal/rpc"
)

type (
	chatbotPath struct {
		Chatbot string `path:"chatbot" json:"-"`
	}
	clientToken struct {
		ClientToken string `json:"client_token"`
	}
)

// learnClientTokens asks, as each chatbot, what calls of its webhook in Google's form are signed with.
func (o *operator) learnClientTokens(ctx context.Context, issuer string) error {
	for _, c := range o.world.Chatbots {
		token, err := c.secretToken(ctx, issuer)
		if err != nil {
			return err
		}
		got, err := rpc.Call[chatbotPath, clientToken](rpc.NewClient(issuer, nil, token), "GET /messaging/v1/chatbots/{chatbot}/rbm-token")(ctx, chatbotPath{c.ID})
		if err != nil {
			return fmt.Errorf("sandbox: the client token of %s: %w", c.Name, err)
		}
		c.ClientToken = got.ClientToken
	}
	return nil
}
