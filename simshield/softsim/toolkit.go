package softsim

import (
	"simtrust/internal/sms"
	"simtrust/simshield/applet"
	"simtrust/simshield/ota"
	"simtrust/simshield/softsim/usat"
)

// toolkit is the proactive session. A card asks the terminal one thing at a time.
type toolkit struct {
	profile  usat.Profile
	segments *ota.Collector[sms.Address]
	number   byte
	pending  []byte            // the command that the terminal is to fetch
	asked    usat.Details      // of the command under way
	answered func(usat.Answer) // takes its answer; nil: none is under way
	outbox   [][]byte          // SMS-SUBMITs to be sent
	open     *conversation     // what a person is asked, or will be once the outbox is empty
	start    func()            // begins to ask
}

// final is the status of a command that went well: 91 LL where one is to be fetched.
func (t *toolkit) final() status {
	if t.pending == nil {
		return swOK
	}
	return swProactive | status(len(t.pending)&0xff)
}

// terminalProfile is TERMINAL PROFILE (ETSI TS 102 221 §11.2.1): what the handset can do.
func (c *Card) terminalProfile(cmd command) response {
	switch {
	case cmd.p1 != 0 || cmd.p2 != 0:
		return response{sw: swParameters}
	case len(cmd.data) == 0:
		return response{sw: swLength}
	}
	c.toolkit.profile = append(usat.Profile(nil), cmd.data...)
	return response{sw: swOK}
}

// fetch is FETCH (ETSI TS 102 221 §11.2.3).
func (c *Card) fetch(cmd command) response {
	switch n := len(c.toolkit.pending); {
	case cmd.p1 != 0 || cmd.p2 != 0:
		return response{sw: swParameters}
	case len(cmd.data) > 0:
		return response{sw: swLength}
	case n == 0:
		return response{sw: swConditions}
	case cmd.le != n && cmd.le != 256:
		return response{sw: swWrongLe | status(n&0xff)}
	}
	data := c.toolkit.pending
	c.toolkit.pending = nil
	return response{data: data, sw: swOK}
}

// terminalResponse is TERMINAL RESPONSE (ETSI TS 102 221 §11.2.4), to the command that was fetched. Any other leaves the session as
// it is.
func (c *Card) terminalResponse(cmd command) response {
	t := &c.toolkit
	switch {
	case cmd.p1 != 0 || cmd.p2 != 0:
		return response{sw: swParameters}
	case t.answered == nil || t.pending != nil:
		return response{sw: swConditions}
	}
	answer, err := usat.ParseAnswer(cmd.data)
	if err != nil || answer.Details != t.asked {
		return response{sw: swData}
	}
	answered := t.answered
	t.answered = nil
	answered(answer)
	c.proceed()
	return response{sw: swOK}
}

// propose has the terminal carry out a command, and answered take its answer. It fails where the command is too long to be fetched.
func (c *Card) propose(command usat.Command, answered func(usat.Answer)) bool {
	t := &c.toolkit
	t.number = t.number%254 + 1
	command.Number = t.number
	octets, err := command.Append(nil)
	if err != nil {
		return false
	}
	t.pending, t.asked, t.answered = octets, command.Details, answered
	return true
}

// proceed goes on while no command is under way: first with what is to be sent, then with what is to be asked.
func (c *Card) proceed() {
	t := &c.toolkit
	for t.answered == nil {
		switch {
		case len(t.outbox) > 0:
			c.send()
		case t.start != nil:
			start := t.start
			t.start = nil
			start()
		default:
			return
		}
	}
}

// send has the terminal send the first of the outbox. What it cannot send is dropped with the rest: whoever misses the answer asks
// again with the same id.
func (c *Card) send() {
	t := &c.toolkit
	tpdu := t.outbox[0]
	t.outbox = t.outbox[1:]
	sent := func(a usat.Answer) {
		if a.Result != usat.Performed {
			t.outbox = nil
		}
	}
	if !c.propose(usat.Send(0, tpdu), sent) {
		t.outbox = nil
	}
}

// able reports whether the handset can show a text and ask for a PIN. UCS-2 is needed for what the GSM alphabet lacks.
func (t *toolkit) able(pages ...applet.Page) bool {
	if !t.profile.Has(usat.DisplaysText, usat.GetsInput, usat.SendsShortMessage) {
		return false
	}
	for _, p := range pages {
		if p.DCS == applet.DCSUCS2 && !t.profile.Has(usat.UCS2Display) {
			return false
		}
	}
	return true
}
