package sender_test

import (
	"errors"
	"testing"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/messaging/gsma"
	"simtrust/messaging/sender"
)

// TestAnotherClient: a client does nothing with another's chatbot, and cannot tell it from none.
func TestAnotherClient(t *testing.T) {
	w := embedded(t)
	as := w.serve()
	mine, _ := w.live("Rail")
	bank, cert := w.live("Bank")
	tpl, err := w.SubmitTemplate(t.Context(), sender.TemplateReq{Chatbot: bank.ID, Class: sender.Promotion, Body: "Sale", By: "x"})
	must(t, tpl, err)
	rail := as("client-Rail|messaging:send")
	for name, do := range map[string]func(chatbot string) error{
		"shows":   func(id string) error { _, err := rail.Chatbot(t.Context(), id); return err },
		"profile": func(id string) error { _, err := rail.SetProfile(t.Context(), id, sender.Profile{}, ""); return err },
		"menu":    func(id string) error { _, err := rail.SetMenu(t.Context(), id, gsma.Menu{}, ""); return err },
		"binds": func(id string) error {
			_, err := rail.Bind(t.Context(), sender.BindReq{Chatbot: id, Certificate: cert.ID, Proof: w.proof(bank.ID, cert, nil)})
			return err
		},
		"submits": func(id string) error {
			_, err := rail.SubmitTemplate(t.Context(), sender.TemplateReq{Chatbot: id, Class: sender.Promotion, Body: "Sale!"})
			return err
		},
		"sends": func(id string) error { return w.Owned(t.Context(), "client-Rail", id) },
	} {
		t.Run(name, func(t *testing.T) {
			others, none, malformed := do(bank.ID), do(simtrust.NewID("bot")), do("bot_1")
			wantError(t, others, simtrust.KindDenied, sender.ReasonNotYours)
			if others.Error() != none.Error() || others.Error() != malformed.Error() || !errors.Is(none, &simtrust.Error{Kind: simtrust.KindDenied, Reason: sender.ReasonNotYours}) {
				t.Errorf("another's: %v, none: %v, malformed: %v", others, none, malformed)
			}
		})
	}
	_, others := rail.Template(t.Context(), tpl.ID)
	_, none := rail.Template(t.Context(), simtrust.NewID("tpl"))
	if wantError(t, others, simtrust.KindNotFound, sender.ReasonUnknownText); others.Error() != none.Error() {
		t.Errorf("another's: %v, none: %v", others, none)
	}

	shown, err := rail.Chatbot(t.Context(), mine.ID)
	must(t, shown, err)
	list, _, err := rail.Chatbots(t.Context(), sender.ChatbotQuery{Client: "client-Bank"}, sender.Page{})
	if must(t, list, err); len(list) != 1 || list[0].ID != mine.ID {
		t.Errorf("lists %+v", list)
	}
	templates, _, err := rail.Templates(t.Context(), sender.TemplateQuery{Chatbot: bank.ID}, sender.Page{})
	if must(t, templates, err); len(templates) != 0 {
		t.Errorf("lists %+v", templates)
	}
	must(t, mine, w.Owned(t.Context(), "client-Rail", mine.ID))
	wantError(t, w.Owned(t.Context(), "", mine.ID), simtrust.KindDenied, sender.ReasonNotYours)
}

// TestScopes: what operators do is not for the clients of chatbots, and nothing is for anybody else.
func TestScopes(t *testing.T) {
	w := embedded(t)
	as := w.serve()
	bank, _ := w.live("Bank")
	operators := map[string]func(*sender.Client) error{
		"makes a brand":    func(c *sender.Client) error { _, err := c.CreateBrand(t.Context(), sender.BrandReq{}); return err },
		"lists brands":     func(c *sender.Client) error { _, _, err := c.Brands(t.Context(), sender.Page{}); return err },
		"verifies a brand": func(c *sender.Client) error { _, err := c.VerifyBrand(t.Context(), bank.Brand, operator); return err },
		"makes a chatbot":  func(c *sender.Client) error { _, err := c.CreateChatbot(t.Context(), sender.ChatbotReq{}); return err },
		"reviews itself": func(c *sender.Client) error {
			_, err := c.Review(t.Context(), sender.Review{Chatbot: bank.ID})
			return err
		},
		"suspends": func(c *sender.Client) error { _, err := c.Suspend(t.Context(), bank.ID, operator); return err },
		"resumes":  func(c *sender.Client) error { _, err := c.Resume(t.Context(), bank.ID, operator); return err },
		"sets quotas": func(c *sender.Client) error {
			_, err := c.SetQuotas(t.Context(), bank.ID, sender.Quotas{}, "")
			return err
		},
		"reviews templates": func(c *sender.Client) error {
			_, err := c.ReviewTemplate(t.Context(), "tpl_1", true, operator)
			return err
		},
		"reads the record": func(c *sender.Client) error { _, _, err := c.History(t.Context(), bank.ID, sender.Page{}); return err },
	}
	both := map[string]func(*sender.Client) error{
		"shows": func(c *sender.Client) error { _, err := c.Chatbot(t.Context(), bank.ID); return err },
		"lists": func(c *sender.Client) error {
			_, _, err := c.Chatbots(t.Context(), sender.ChatbotQuery{}, sender.Page{})
			return err
		},
		"templates": func(c *sender.Client) error {
			_, _, err := c.Templates(t.Context(), sender.TemplateQuery{}, sender.Page{})
			return err
		},
	}
	for name, do := range operators {
		t.Run(name, func(t *testing.T) {
			wantError(t, do(as("client-Bank|messaging:send")), simtrust.KindDenied, rpc.ReasonScope)
			wantError(t, do(as("")), simtrust.KindUnauthenticated, rpc.ReasonNoCredential)
		})
	}
	for name, do := range both {
		t.Run(name, func(t *testing.T) {
			wantError(t, do(as("client-Bank|messaging:bearer openid")), simtrust.KindDenied, rpc.ReasonScope)
			wantError(t, do(as("")), simtrust.KindUnauthenticated, rpc.ReasonNoCredential)
			must(t, bank, do(as("client-Bank|messaging:send")))
		})
	}
}
