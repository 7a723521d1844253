package softsim

import (
	"time"

	"simtrust/simshield/applet"
)

// confirm shows a statement composed here from its fields, and signs what it composed.
func (x *exchange) confirm(command applet.Confirm) response {
	prompt, err := command.Statement.Compose()
	if err != nil {
		return x.answer(applet.Response{ID: x.id, Result: applet.Malformed})
	}
	x.kind = command.Statement.Subject.Kind()
	key, r := x.ready(command.Statement.NotAfter, prompt.Pages)
	if r != nil {
		return x.answer(*r)
	}
	return x.ask(prompt.Pages, command.Statement.Language, prompt.VerificationCode(key.Algorithm), func() (applet.Signature, error) {
		set, err := applet.SignedAttributes(key.Algorithm, prompt.DER, [32]byte(key.Certificate))
		if err != nil {
			return applet.Signature{}, err
		}
		return key.sign(set)
	})
}

// signHash signs a hash from outside. A transaction key never does: its kind is refused here too, whatever composing says.
func (x *exchange) signHash(command applet.SignHash) response {
	display, err := command.Compose()
	if err != nil || command.Kind == applet.KindTransaction {
		return x.answer(applet.Response{ID: x.id, Result: applet.Malformed})
	}
	x.kind = command.Kind
	key, r := x.ready(command.NotAfter, display.Pages)
	if r != nil {
		return x.answer(*r)
	}
	return x.ask(display.Pages, command.Language, applet.VerificationCode(command.Hash), func() (applet.Signature, error) {
		signer, err := key.signer()
		if err != nil {
			return applet.Signature{}, err
		}
		return applet.SignDigest(signer, key.Algorithm, command.Algorithm, command.Hash)
	})
}

// ready returns the key for a command that can be shown now, else the answer.
func (x *exchange) ready(notAfter time.Time, pages []applet.Page) (*slot, *applet.Response) {
	if t, done := x.applet().recall(x.id); done {
		r := t.response(x.packet.Data)
		return nil, &r
	}
	key := x.applet().current[x.kind-1]
	r := &applet.Response{ID: x.id}
	switch {
	case x.at.After(notAfter):
		r.Result = applet.Expired
	case key == nil:
		r.Result = applet.NoKey
	case x.card.kept.pins[pinOf(x.kind)].tries == 0:
		r.Result = applet.PINBlocked
	case !x.card.toolkit.able(pages...):
		r.Result = applet.HandsetUnable
	default:
		return key, nil
	}
	return nil, r
}

// ask shows pages and, after the PIN, signs. The signature is kept beside its id, so that a lost answer is given again.
func (x *exchange) ask(pages []applet.Page, language applet.Language, check string, sign func() (applet.Signature, error)) response {
	v := &conversation{exchange: x, pages: pages, language: language, check: check}
	v.agreed = func() (applet.Response, []change, error) {
		s, err := sign()
		if err != nil {
			return applet.Response{}, nil, err
		}
		t := transaction{ID: x.id, Command: fingerprint(x.packet.Data), Result: applet.Signed, Signature: s[:]}
		return t.response(x.packet.Data), []change{{Answer: &answerChange{x.app, t}}}, nil
	}
	return v.ask()
}
