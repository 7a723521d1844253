package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"simtrust/internal/rpc"
)

// Chatbot is one of the enterprises that send messages: its client, and the key of its certificate, as it would hold them.
type Chatbot struct {
	Client
	Brand        string          `json:"brand"`
	Organization string          `json:"organization"`
	ID           string          `json:"id"`
	ServiceID    string          `json:"service_id"`
	SMSFallback  bool            `json:"sms_fallback"`
	Description  string          `json:"description"`
	Colour       string          `json:"colour"`
	Key          json.RawMessage `json:"key,omitempty"`   // a private JWK set
	Ready        bool            `json:"ready,omitempty"` // verified, with permission to write to the first subscribers
	CSP          *CSPAccount     `json:"csp,omitempty"`
	ClientToken  string          `json:"-"` // of its webhook in Google's form; the server has it
}

// optedIn is how many subscribers of a world have agreed to messages of every chatbot.
const optedIn = 10

// defaultChatbots are the three that every sandbox provides. Only two of them send text messages to phones that take no rich ones.
func defaultChatbots() []*Chatbot {
	list := []*Chatbot{
		{Client: Client{Name: "bank"}, Brand: "示例银行", Organization: "示例银行股份有限公司", SMSFallback: true, Description: "账户变动与安全提醒", Colour: "#B0322F"},
		{Client: Client{Name: "shop"}, Brand: "山茶小店", Organization: "山茶商贸有限公司", SMSFallback: true, Description: "好茶与新品", Colour: "#2F7D4F"},
		{Client: Client{Name: "rail"}, Brand: "示例铁路", Organization: "示例铁路客运有限公司", Description: "车票与出行提醒", Colour: "#1F5FA8"},
	}
	for _, c := range list {
		c.Client = Client{Name: c.Name, AuthMethod: "client_secret_basic", Profile: "oidc", RedirectURIs: []string{}, Scopes: []string{"messaging:send"}}
		c.ServiceID = "sip:" + c.Name + "@" + chatbotDomain
	}
	return list
}

// chatbotDomain is where the operator's platform has its chatbots.
const chatbotDomain = "botplatform.rcs.example"

// senders makes chatbots known to the server through its own interfaces. Every step looks first whether it is done, so that a run that was
// killed is gone on with.
type senders struct {
	admin  *rpc.Client
	issuer string
	now    func() time.Time
}

// openChatbots makes the chatbots of a world that are not there yet.
func (o *operator) openChatbots(ctx context.Context, issuer string) error {
	s := senders{o.admin, issuer, o.now}
	if o.world.Chatbots == nil {
		o.world.Chatbots = defaultChatbots()
	}
	for _, c := range o.world.Chatbots {
		if c.Ready {
			continue
		}
		if err := s.keep(ctx, c, o.world.save); err != nil {
			return err
		}
		if err := s.open(ctx, c); err != nil {
			return fmt.Errorf("sandbox: the chatbot %s: %w", c.Name, err)
		}
		if err := s.permit(ctx, c, o.world.Subscribers[:min(optedIn, len(o.world.Subscribers))]); err != nil {
			return fmt.Errorf("sandbox: permissions for the chatbot %s: %w", c.Name, err)
		}
		c.Ready = true
		if err := o.world.save(); err != nil {
			return err
		}
	}
	return nil
}

// keep gives a chatbot what only it and the server know, and writes it down before anything rests on it.
func (s senders) keep(ctx context.Context, c *Chatbot, save func() error) (err error) {
	if c.ClientID == "" {
		if c.Client, err = register(ctx, s.admin, c.Client); err != nil {
			return err
		}
	}
	if c.Key == nil {
		if c.Key, _, err = newJWKS(c.Name + "-certificate"); err != nil {
			return err
		}
	}
	return save()
}

// open has brand and chatbot verified, with a certificate bound.
func (s senders) open(ctx context.Context, c *Chatbot) error {
	brand, err := s.brand(ctx, c)
	if err != nil {
		return err
	}
	state, err := s.chatbot(ctx, c, brand)
	if err != nil {
		return err
	}
	c.ID = state.ID
	if state.Certificate == nil {
		if err := s.certify(ctx, c); err != nil {
			return err
		}
	}
	if !state.Verified.IsZero() {
		return nil
	}
	_, err = rpc.Call[chatbotReview, chatbotState](s.admin, "POST /messaging/v1/chatbots/{id}/review")(ctx, chatbotReview{c.ID, state.Revision, true})
	return err
}

const pageOfAll = 100

// brand finds or makes the chatbot's brand, verified.
func (s senders) brand(ctx context.Context, c *Chatbot) (id string, err error) {
	have, err := rpc.Call[listing, brandList](s.admin, "GET /messaging/v1/brands")(ctx, listing{pageOfAll})
	if err != nil {
		return "", err
	}
	var brand brandWire
	if i := slices.IndexFunc(have.Brands, func(b brandWire) bool { return b.Name == c.Brand }); i >= 0 {
		brand = have.Brands[i]
	} else if brand, err = rpc.Call[brandWire, brandWire](s.admin, "POST /messaging/v1/brands")(ctx,
		brandWire{Name: c.Brand, Holder: "org-" + c.Name, Organization: c.Organization}); err != nil {
		return "", err
	}
	if brand.Verified.IsZero() {
		brand, err = rpc.Call[decision, brandWire](s.admin, "POST /messaging/v1/brands/{id}/verification")(ctx, decision{brand.ID, "business licence seen"})
	}
	return brand.ID, err
}

// chatbot finds or makes the chatbot.
func (s senders) chatbot(ctx context.Context, c *Chatbot, brand string) (chatbotState, error) {
	have, err := rpc.Call[listing, chatbotList](s.admin, "GET /messaging/v1/chatbots")(ctx, listing{pageOfAll})
	if err != nil {
		return chatbotState{}, err
	}
	if i := slices.IndexFunc(have.Chatbots, func(b chatbotState) bool { return b.ServiceID == c.ServiceID }); i >= 0 {
		return have.Chatbots[i], nil
	}
	return rpc.Call[chatbotWire, chatbotState](s.admin, "POST /messaging/v1/chatbots")(ctx, chatbotWire{Client: c.ClientID, Brand: brand, Name: c.Brand,
		ServiceID: c.ServiceID, SMSFallback: c.SMSFallback, Profile: chatbotProfile{c.Description, c.Colour, c.Brand}})
}

// permit records, as the chatbot, that subscribers agreed to its messages.
func (s senders) permit(ctx context.Context, c *Chatbot, subscribers []*Subscriber) error {
	token, err := c.secretToken(ctx, s.issuer)
	if err != nil {
		return err
	}
	put := rpc.Call[permission, struct{}](rpc.NewClient(s.issuer, manyAtOnce, token), "PUT /messaging/v1/chatbots/{chatbot}/opt-ins/{number}")
	return each(subscribers, gatewayClients, func(_ int, sub *Subscriber) error {
		if !sub.Assigned {
			return nil
		}
		_, err := put(ctx, permission{c.ID, sub.Number, "agreed at the counter"})
		return err
	})
}

// ContractChatbot is one of them as clients of the sandbox see it.
type ContractChatbot struct {
	Name         string `json:"name"`
	AgentID      string `json:"agent_id"`
	ChatbotID    string `json:"chatbot_id"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	SMSFallback  bool   `json:"sms_fallback"`
	ClientToken  string `json:"client_token"`
	CSPAccount
}

func (c *Chatbot) contract() ContractChatbot {
	return ContractChatbot{c.Name, c.ID, c.ServiceID, c.ClientID, c.ClientSecret, c.SMSFallback, c.ClientToken, *c.CSP}
}
