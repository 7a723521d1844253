package softsim

import (
	"time"

	"simtrust/internal/sms"
	"simtrust/simshield/applet"
	"simtrust/simshield/ota"
)

// An exchange is one command of the server to an applet, from the packet to its report.
type exchange struct {
	card   *Card
	app    applet.Application
	set    int
	keys   *ota.Keys
	packet ota.Command
	from   sms.Address
	at     time.Time

	id   applet.ID
	kind applet.Kind // 0: of no key
}

func (x *exchange) applet() *appletState { return x.card.kept.of(x.app) }

// begin carries out an authentic command. Its counter is used up, durably, before anything comes of it. While a person is being
// asked only a Cancel gets through; to anything else the card is busy, and the packet may come again.
func (x *exchange) begin() response {
	command, err := applet.DecodeCommand(x.packet.Data)
	cancel, isCancel := command.(applet.Cancel)
	if x.card.toolkit.open != nil && !isCancel {
		return response{sw: swToolkitBusy}
	}
	if !x.card.commit(change{Counter: &counterChange{x.set, x.packet.Counter}}) {
		return response{}
	}
	if err != nil {
		return x.answer(applet.Response{Result: applet.Malformed})
	}
	x.id = command.CommandID()
	switch command := command.(type) {
	case applet.Enrol:
		return x.enrol(command)
	case applet.Install:
		return x.install(command)
	case applet.Confirm:
		return x.confirm(command)
	case applet.SignHash:
		return x.signHash(command)
	default:
		return x.cancel(cancel)
	}
}

// cancel withdraws an id. One that is not done with is never shown, or shown any longer to any effect.
func (x *exchange) cancel(command applet.Cancel) response {
	if _, done := x.applet().recall(command.ID); !done && !x.remember(transaction{ID: command.ID, Result: applet.IDCancelled}) {
		return response{}
	}
	if open := x.card.toolkit.open; open != nil && open.app == x.app && open.id == command.ID {
		open.withdraw()
	}
	return x.answer(applet.Response{ID: command.ID, Result: applet.Done})
}

// install puts a fresh key to use.
func (x *exchange) install(command applet.Install) response {
	x.kind = command.Kind
	a := x.applet()
	for _, s := range []*slot{a.fresh[command.Kind-1], a.current[command.Kind-1]} {
		if s != nil && s.ID == command.ID && s.Algorithm.Sum(s.Public) == command.KeyHash {
			return x.use(*s, command)
		}
	}
	return x.answer(applet.Response{ID: command.ID, Result: applet.NoKey})
}

func (x *exchange) use(s slot, command applet.Install) response {
	s.Certificate, s.Code, s.Proof = command.Certificate[:], "", nil
	if !x.card.commit(change{Key: &keyChange{x.app, command.Kind, true, &s}}) {
		return response{}
	}
	return x.answer(applet.Response{ID: command.ID, Result: applet.Done})
}

func (x *exchange) remember(t transaction) bool {
	return x.card.commit(change{Answer: &answerChange{x.app, t}})
}

// answer reports what became of a command at once, in the place that the server asked for. While a person is being asked that can
// only be the report of the ENVELOPE.
func (x *exchange) answer(r applet.Response) response {
	x.complete(&r)
	if x.packet.SPI&ota.BySubmit == 0 || x.card.toolkit.open != nil {
		return x.report(ota.OK, r.Append(nil))
	}
	x.submit(r)
	return x.later()
}

// later says that the answer comes by SMS-SUBMIT.
func (x *exchange) later() response {
	x.card.proceed()
	return x.report(ota.ResponseBySubmit, nil)
}

// report is the answer of the ENVELOPE.
func (x *exchange) report(status ota.Status, data []byte) response {
	packet, err := x.keys.AppendResponse(nil, x.packet, status, data)
	if err != nil {
		return response{sw: swUnprocessed}
	}
	return response{data: ota.AppendAnswer(nil, packet), sw: swOK}
}

// submit puts the answer into the outbox.
func (x *exchange) submit(r applet.Response) {
	x.complete(&r)
	packet, err := x.keys.AppendResponse(nil, x.packet, ota.OK, r.Append(nil))
	if err != nil {
		return
	}
	tpdus, err := ota.Submits(packet, x.from, byte(x.packet.Counter))
	if err != nil {
		return
	}
	x.card.toolkit.outbox = append(x.card.toolkit.outbox, tpdus...)
}

// complete adds what every answer says: the tries left at the PIN of the kind.
func (x *exchange) complete(r *applet.Response) {
	if x.kind != 0 {
		r.Tries = x.card.kept.pins[pinOf(x.kind)].tries
	}
}

// pinOf is the PIN that guards the keys of a kind.
func pinOf(k applet.Kind) PINRef {
	if k == applet.KindLogin {
		return LoginPIN
	}
	return SigningPIN
}
