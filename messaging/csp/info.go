package csp

import (
	"context"
	"strings"

	"simtrust/internal/sqldb"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
	"simtrust/messaging/sender"
)

// Optionals is what a chatbot says about itself. What is absent stays as it is; category, provider, place and style are taken from elsewhere
// here, or not shown, and passed over.
type Optionals struct {
	Description *string `json:"serviceDescription,omitzero"` // up to 500 characters
	Phone       *string `json:"callBackNumber,omitzero"`
	Colour      *string `json:"themeColour,omitzero"`
	Website     *string `json:"serviceWebsite,omitzero"`
	Email       *string `json:"emailAddress,omitzero"`
	Background  *string `json:"backgroundImage,omitzero"`
	// Signature stands before text messages, up to 50 characters.
	Signature *string `json:"autograph,omitzero"`
}

// MenuUpdate replaces the menu of a chatbot.
type MenuUpdate struct {
	Menu gsma.Menu `json:"menu"`
}

// Info is what the platform knows of a chatbot.
type Info struct {
	AccessNo    string    `json:"accessNo"`
	Domain      string    `json:"domain"`
	Name        string    `json:"serviceName"`
	Icon        string    `json:"serviceIcon"`
	Terms       string    `json:"TCPage"`
	Verified    bool      `json:"verified"`
	AuthName    string    `json:"authName"` // of the brand
	Status      int64     `json:"status"`   // 0 normal, 1 not yet verified, 2 suspended
	Version     int64     `json:"version"`
	Provider    string    `json:"provider"`
	Description string    `json:"serviceDescription"`
	Phone       string    `json:"callBackNumber"`
	Colour      string    `json:"themeColour"`
	Website     string    `json:"serviceWebsite"`
	Email       string    `json:"emailAddress"`
	Background  string    `json:"backgroundImage"`
	Signature   string    `json:"autograph"`
	Menu        gsma.Menu `json:"menu"`
	Result
}

// setOptionals proposes what changes; a reviewer decides.
func (s *Service) setOptionals(ctx context.Context, a account, o Optionals) (any, error) {
	bot, err := s.Chatbots.Chatbot(ctx, a.chatbot)
	if err != nil {
		return nil, err
	}
	p := bot.Profile
	if bot.Proposed != nil {
		p = *bot.Proposed
	}
	for _, f := range []struct{ to, from *string }{{&p.Description, o.Description}, {&p.Phone, o.Phone}, {&p.Colour, o.Colour}, {&p.Website, o.Website},
		{&p.Email, o.Email}, {&p.Background, o.Background}, {&p.Signature, o.Signature}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	_, err = s.Chatbots.SetProfile(ctx, a.chatbot, p, a.client)
	return Done(), err
}

// setMenu replaces the menu, at once.
func (s *Service) setMenu(ctx context.Context, a account, u MenuUpdate) (any, error) {
	if len(u.Menu.Entries) > 0 || u.Menu.DisplayText != "" {
		if err := gsma.CheckMenu(u.Menu, gsma.China.Limits()); err != nil {
			return nil, refused("menu", err, sender.ReasonMenu)
		}
	}
	_, err := s.Chatbots.SetMenu(ctx, a.chatbot, u.Menu, a.client)
	return Done(), err
}

// info is what is in force, and not what waits for review.
func (s *Service) info(ctx context.Context, a account) (Info, error) {
	c, err := s.Chatbots.Chatbot(ctx, a.chatbot)
	if err != nil {
		return Info{}, err
	}
	number, domain, _ := strings.Cut(strings.TrimPrefix(c.ServiceID, sip), "@")
	i := Info{AccessNo: number, Domain: domain, Name: c.Name, Icon: c.Profile.Logo, Terms: c.Profile.Terms, Verified: !c.Verified.IsZero(), AuthName: c.BrandName,
		Version: 1, Provider: c.BrandName, Description: c.Profile.Description, Phone: c.Profile.Phone, Colour: c.Profile.Colour, Website: c.Profile.Website,
		Email: c.Profile.Email, Background: c.Profile.Background, Signature: c.Signature(), Menu: c.Menu, Result: Done()}
	switch c.State() {
	case sender.Draft:
		i.Status = 1
	case sender.Suspended:
		i.Status = 2
	}
	return i, nil
}

// EventProfile is the type of the event that what a chatbot proposed about itself is in force.
const EventProfile = "csp.profile_approved"

// ProfileApproved has a chatbot told that the information about it has changed (outbox handler); one that does not use the interface hears
// nothing. It may be told twice.
func (s *Service) ProfileApproved(ctx context.Context, e sender.ProfileApproved) error {
	_, found, err := s.accountOf(ctx, e.Chatbot)
	if err != nil || !found {
		return err
	}
	return s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		return s.Events.Publish(ctx, tx, events.Event{Chatbot: e.Chatbot, Type: EventProfile, At: e.At, Data: struct{}{}})
	})
}
