package softsim

import (
	"simtrust/simshield/applet"
	"simtrust/simshield/softsim/usat"
)

// Lengths of a one-time code, in digits.
const (
	codeLeast = 4
	codeMost  = 16
)

// A conversation is what a person is asked for one command: pages to read, a one-time code where an enrolment needs one, and the
// PIN of the kind. It ends in one answer by SMS-SUBMIT.
type conversation struct {
	*exchange
	pages    []applet.Page
	language applet.Language
	check    string // the verification code beside the PIN
	askCode  bool
	code     string
	// agreed makes the answer after the right PIN, and what changes with it.
	agreed    func() (applet.Response, []change, error)
	withdrawn bool // by the server, while it was on the screen
}

// ask begins the conversation, once what the card has to send is sent. The answer of the ENVELOPE says that more will follow.
func (v *conversation) ask() response {
	t := &v.card.toolkit
	t.open, t.start = v, func() { v.show(0) }
	return v.later()
}

// withdraw ends the conversation. What the terminal has not fetched yet is not shown any more; what is on the screen stays there,
// and the answer to it counts for nothing.
func (v *conversation) withdraw() {
	t := &v.card.toolkit
	switch {
	case t.start != nil:
		t.start = nil
	case t.pending != nil:
		t.pending, t.answered = nil, nil
	default:
		v.withdrawn = true
		return
	}
	v.end(applet.IDCancelled)
}

// next carries on with a step: a command for the terminal, and what follows where it was carried out as told. Back is where the
// person goes back to; nil: there is nothing before, so it ends.
func (v *conversation) next(command usat.Command, performed func(text string), back func()) {
	answered := func(a usat.Answer) {
		switch {
		case v.withdrawn:
			v.end(applet.IDCancelled)
		case a.Result == usat.Performed:
			performed(a.Text)
		case a.Result == usat.Backward && back != nil:
			back()
		default:
			v.end(resultOf(a.Result))
		}
	}
	if !v.card.propose(command, answered) {
		v.end(applet.HandsetUnable)
	}
}

// resultOf says how a conversation ends with an answer of the terminal. Only what was carried out as told counts as shown.
func resultOf(r usat.Result) applet.Result {
	switch r {
	case usat.Terminated, usat.Backward:
		return applet.Cancelled
	case usat.NoResponse:
		return applet.NoResponse
	case usat.Busy:
		return applet.Busy
	default:
		return applet.HandsetUnable
	}
}

// show shows page i, and asks after the last.
func (v *conversation) show(i int) {
	if i == len(v.pages) {
		v.enterCode()
		return
	}
	var back func()
	if i > 0 {
		back = func() { v.show(i - 1) }
	}
	v.next(usat.Display(0, textOf(v.pages[i])), func(string) { v.show(i + 1) }, back)
}

func (v *conversation) lastPage() { v.show(len(v.pages) - 1) }

func (v *conversation) enterCode() {
	if !v.askCode {
		v.enterPIN()
		return
	}
	entered := func(text string) {
		v.code = text
		v.enterPIN()
	}
	v.next(usat.Input(0, textOf(v.language.AskCode()), codeLeast, codeMost, false), entered, v.lastPage)
}

func (v *conversation) enterPIN() {
	page := v.language.AskPIN(v.kind, v.check)
	v.next(usat.Input(0, textOf(page), pinLeast, pinMost, true), v.tryPIN, v.lastPage)
}

func (v *conversation) tryPIN(entered string) {
	c, ref := v.card, pinOf(v.kind)
	switch {
	case c.try(ref, PIN(entered).entered()):
		v.conclude(ref)
	case c.dead:
	case c.kept.pins[ref].tries == 0:
		v.end(applet.PINBlocked)
	default:
		page := v.language.WrongPIN(int(c.kept.pins[ref].tries))
		v.next(usat.Display(0, textOf(page)), func(string) { v.enterPIN() }, v.lastPage)
	}
}

// conclude makes the answer and the tries given back durable in one record, then has the answer sent.
func (v *conversation) conclude(ref PINRef) {
	r, changes, err := v.agreed()
	if err != nil {
		v.end(applet.NoKey)
		return
	}
	if v.card.commit(append(changes, restore(ref))...) {
		v.leave(r)
	}
}

// end ends without a signature. What a person decided is remembered: it is not asked again.
func (v *conversation) end(result applet.Result) {
	if result == applet.Cancelled || result == applet.PINBlocked {
		if !v.remember(transaction{ID: v.id, Command: fingerprint(v.packet.Data), Result: result}) {
			return
		}
	}
	v.leave(applet.Response{ID: v.id, Result: result})
}

func (v *conversation) leave(r applet.Response) {
	v.card.toolkit.open = nil
	v.submit(r)
}

func textOf(p applet.Page) usat.Text { return usat.Text{DCS: p.DCS, Octets: p.Octets} }

// Question says what a person is being asked about.
type Question struct {
	Applet           applet.Application
	Kind             applet.Kind // of the key
	ID               applet.ID
	Enrolment        bool // of a fresh key
	VerificationCode string
}

// Asking returns what a person is being asked about, if anything that the server has not taken back since. A card in a real telephone
// tells nobody: it is for a page that stands for telephone and person in one.
func (c *Card) Asking() (Question, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.toolkit.open
	if v == nil || v.withdrawn {
		return Question{}, false
	}
	return Question{Applet: v.app, Kind: v.kind, ID: v.id, Enrolment: v.askCode, VerificationCode: v.check}, true
}
