package softsim

import "simtrust/simshield/applet"

// enrol makes a fresh key, after the one-time code and the PIN of its kind. Asked again after a lost answer, it gives the same.
func (x *exchange) enrol(command applet.Enrol) response {
	x.kind = command.Kind
	display, err := command.Compose()
	if err != nil {
		return x.answer(applet.Response{ID: x.id, Result: applet.Malformed})
	}
	if s := x.applet().fresh[x.kind-1]; s != nil && s.ID == x.id {
		return x.answer(applet.Response{ID: x.id, Result: applet.Enrolled, Enrolment: s.enrolment()})
	}
	if r := x.enrollable(display.Pages); r != nil {
		return x.answer(*r)
	}
	v := &conversation{exchange: x, pages: display.Pages, language: command.Language, askCode: true,
		check: applet.VerificationCode(command.Challenge[:])}
	v.agreed = func() (applet.Response, []change, error) {
		s, err := x.prove(command, v.code)
		if err != nil {
			return applet.Response{}, nil, err
		}
		r := applet.Response{ID: x.id, Result: applet.Enrolled, Enrolment: s.enrolment()}
		return r, []change{{Key: &keyChange{Applet: x.app, Kind: x.kind, Slot: s}}}, nil
	}
	return v.ask()
}

func (x *exchange) enrollable(pages []applet.Page) *applet.Response {
	if t, done := x.applet().recall(x.id); done {
		r := t.response(x.packet.Data)
		return &r
	}
	r := &applet.Response{ID: x.id}
	switch {
	case x.card.kept.pins[pinOf(x.kind)].tries == 0:
		r.Result = applet.PINBlocked
	case !x.card.toolkit.able(pages...):
		r.Result = applet.HandsetUnable
	default:
		return nil
	}
	return r
}

// prove generates a key and signs with it that the card has it.
func (x *exchange) prove(command applet.Enrol, code string) (*slot, error) {
	s, err := generate(x.id, command.Algorithm)
	if err != nil {
		return nil, err
	}
	s.Code = code
	p := applet.Possession{ID: command.ID, Challenge: command.Challenge, Kind: command.Kind, Algorithm: command.Algorithm,
		PublicKey: [33]byte(s.Public), Code: code}
	proof, err := s.sign(p.DER())
	s.Proof = proof[:]
	return s, err
}
