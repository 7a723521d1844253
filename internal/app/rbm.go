package app

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/egress"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
	"simtrust/messaging/rbm"
	"simtrust/messaging/sender"
)

// wireRBM builds the face of RCS for Business, and the form of webhooks that belongs to it.
func (a *App) wireRBM(x *messages) {
	x.rbm = rbm.New(rbm.Deps{DB: a.db, Messages: x.Service, People: rbmPeople{x}, Agents: rbmAgents{x},
		Out: egress.New(egress.Options{Loopback: a.cfg.Messaging.AllowLoopback}).Client(egress.Manner{Timeout: webhookTime}), Log: a.obs.Log, Now: time.Now},
		rbm.Config{Issuer: a.issuer, Key: a.keys.HMAC("messaging rbm client tokens")})
	x.events.Speak(rbm.Kind, x.rbm)
}

var _ rbm.Messages = (*messaging.Service)(nil)

// rbmPeople are the numbers behind deliveries and conversations.
type rbmPeople struct{ *messages }

// Number implements rbm.People. Nobody has a number where there is no such delivery any more.
func (x rbmPeople) Number(ctx context.Context, delivery string) (simtrust.Number, error) {
	n, err := esmeMessages(x).Number(ctx, delivery)
	if simtrust.KindOf(err) == simtrust.KindNotFound {
		err = nil
	}
	return n, err
}

// Talker implements rbm.People.
func (x rbmPeople) Talker(ctx context.Context, chatbot, conversation string) (simtrust.Number, error) {
	return esmeMessages(x).Talker(ctx, chatbot, conversation)
}

// rbmAgents are the chatbots.
type rbmAgents struct{ *messages }

// Owned implements rbm.Agents.
func (x rbmAgents) Owned(ctx context.Context, client, chatbot string) error {
	return x.senders.Owned(ctx, client, chatbot)
}

// Known implements rbm.Agents.
func (x rbmAgents) Known(ctx context.Context, chatbot string) error {
	_, err := x.senders.Chatbot(ctx, chatbot)
	return err
}

// Sole implements rbm.Agents.
func (x rbmAgents) Sole(ctx context.Context, client string) (string, error) {
	list, _, err := x.senders.Chatbots(ctx, sender.ChatbotQuery{Client: client}, sender.Page{Limit: 2})
	if err != nil || len(list) != 1 {
		return "", err
	}
	return list[0].ID, nil
}

// Degrades implements rbm.Agents.
func (x rbmAgents) Degrades(ctx context.Context, chatbot string) (bool, error) {
	bot, err := x.senders.Live(ctx, chatbot)
	return bot.SMSFallback && x.dispatch.Carries(dispatch.Channel(gsma.SMS)), denied(err)
}
