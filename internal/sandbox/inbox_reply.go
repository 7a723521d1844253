package sandbox

import (
	"context"
	"slices"

	"simtrust"
	"simtrust/messaging/gsma"
)

// take presses a button of a message: the sender gets its postback.
func (i *inbox) take(ctx context.Context, number, id, postback string) error {
	msg, err := i.find(number, id)
	if err != nil {
		return err
	}
	s, ok := chosen(msg.content(), postback)
	if !ok {
		return errNoChoice
	}
	part, err := gsma.EncodeResponse(s.Response())
	if err != nil {
		return err
	}
	return i.answer(ctx, number, &msg, part, s.Choice().DisplayText)
}

// chosen finds the suggestion with a postback; one without is known by its words.
func chosen(c gsma.Content, postback string) (gsma.Suggestion, bool) {
	for _, s := range suggestions(c) {
		choice := s.Choice()
		if choice != nil && (choice.Postback != nil && choice.Postback.Data == postback || choice.Postback == nil && choice.DisplayText == postback) {
			return s, true
		}
	}
	return gsma.Suggestion{}, false
}

func suggestions(c gsma.Content) []gsma.Suggestion {
	list := slices.Clone(c.Suggestions)
	switch {
	case c.Card != nil:
		list = append(list, c.Card.Content.Suggestions...)
	case c.Carousel != nil:
		for _, card := range c.Carousel.Content {
			list = append(list, card.Suggestions...)
		}
	}
	return list
}

// write sends a text to a sender, over the channel that its last message came on.
func (i *inbox) write(ctx context.Context, number, to, text string) error {
	last, err := i.last(number, to)
	if err != nil {
		return err
	}
	return i.answer(ctx, number, &last, gsma.Part{ContentType: gsma.TypeText, Data: []byte(text)}, text)
}

// last is the last message of a sender.
func (i *inbox) last(number, sender string) (message, error) {
	if err := i.known(number); err != nil {
		return message{}, err
	}
	for _, msg := range slices.Backward(i.mail.list(number)) {
		if msg.Sender == sender && !msg.Own {
			return msg, nil
		}
	}
	return message{}, errNoSender
}

// answer sends something to the sender of a message and keeps it, in words, in the inbox. A person may have got another number since.
func (i *inbox) answer(ctx context.Context, number string, to *message, part gsma.Part, words string) error {
	tenure, d := i.mail.phone(number)
	switch {
	case tenure != to.Tenure:
		return errNotHeld
	case !d.Online:
		return errSwitched
	case to.SMS == nil && !d.RCS:
		return errNoRich
	}
	id := simtrust.NewID("out")
	var err error
	if to.SMS != nil {
		err = i.text(ctx, number, to, words)
	} else {
		_, err = i.inbound(ctx, rcsInbound{ID: id, From: number, To: to.Sender, InReplyTo: to.Reference, ContentType: part.ContentType, Body: string(part.Data)})
	}
	if err != nil {
		return refused(err)
	}
	return i.mail.own(&message{ID: id, Tenure: tenure, Number: number, Channel: to.Channel, Sender: to.Sender, ContentType: gsma.TypeText, Body: words, Own: true})
}

// refused tells a person what the server did not take, and whether it makes sense to try again.
func refused(err error) error {
	if err != nil && passing(err) {
		return errUnanswered
	}
	return err
}

// own keeps what a person wrote.
func (m *mail) own(msg *message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	msg.Taken = m.now()
	msg.fate = fate{State: mailSent, At: msg.Taken}
	return m.write(entry{Taken: msg})
}

// report reports a message as spam.
func (i *inbox) report(ctx context.Context, number, id, kind string) error {
	msg, err := i.find(number, id)
	switch {
	case err != nil:
		return err
	case msg.SMS != nil:
		return errTextSpam
	}
	_, err = i.spam(ctx, rcsSpam{From: number, ID: msg.Key, Type: kind})
	return refused(err)
}

// stop is the word that ends text messages of a sender.
const stop = "TD"

// block refuses a sender: it may not write any more.
func (i *inbox) block(ctx context.Context, number, sender string) error {
	last, err := i.last(number, sender)
	switch {
	case err != nil:
		return err
	case last.SMS != nil:
		return i.write(ctx, number, sender, stop)
	}
	_, err = i.refuse(ctx, refusalOf{Number: number, ServiceID: sender})
	return refused(err)
}
