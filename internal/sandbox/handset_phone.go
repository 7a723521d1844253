package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"

	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/handset"
)

// phone is a telephone with a card in it, which keeps its state in a file of its own. The card is put in, and the telephone switched
// on, when it is first needed.
type phone struct {
	*screen
	sim  SIM
	file string
	send func(tpdu []byte) (complete bool, err error)
	log  *slog.Logger
	// channel is where a card that polls asks; nil for others.
	channel *channel

	mu     sync.Mutex // one message at a time
	online bool
	latest string // the packet that the card took last
	card   *softsim.Card
	set    *handset.Phone
	off    func() // switches off; nil: it is off
}

// newPhone makes the phone for a card that is, or will be, in dir. Send takes a short message of the card, and says whether it was the
// last one of an answer.
func newPhone(dir string, sim SIM, online bool, send func(tpdu []byte) (complete bool, err error), log *slog.Logger) *phone {
	p := &phone{sim: sim, file: filepath.Join(dir, sim.ICCID+".sim"), send: send, log: log, online: online}
	p.screen = newScreen(func() (softsim.Question, bool) { return p.card.Asking() })
	return p
}

// inserted returns the card, of this run or an earlier one.
func (p *phone) inserted() (*softsim.Card, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.insert()
	return p.card, err
}

func (p *phone) insert() error {
	if p.card != nil {
		return nil
	}
	card, err := openCard(p.file, p.sim)
	if err != nil {
		return fmt.Errorf("sandbox: a card: %w", err)
	}
	p.card = card
	p.set = handset.New(card, p.screen, p.carry)
	return nil
}

func openCard(path string, sim SIM) (*softsim.Card, error) {
	card, err := softsim.Open(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return card, err
	}
	content, err := sim.personalisation()
	if err != nil {
		return nil, err
	}
	return softsim.Create(path, content)
}

// carry sends a short message of the card. With the last one of an answer the question is over.
func (p *phone) carry(_ context.Context, tpdu []byte) error {
	complete, err := p.send(tpdu)
	if complete || err != nil {
		p.clear()
	}
	return err
}

// turn makes the phone reachable or not. What was on its screen is gone then; the card waits to be asked again.
func (p *phone) turn(online bool) {
	if !online {
		p.channel.turn(false) // first, since it may be handing the card something
	}
	p.mu.Lock()
	p.online = online
	if !online && p.off != nil {
		p.off()
		p.off = nil
	}
	p.mu.Unlock()
	if online {
		p.channel.turn(true)
	}
}

// start switches a phone on that is off.
func (p *phone) start() error {
	if err := p.insert(); err != nil || p.off != nil {
		return err
	}
	if err := p.set.PowerOn(p.sim.SIMPIN); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := p.set.Run(ctx); ctx.Err() == nil {
			p.log.Error("a phone of the sandbox stopped", "error", err)
		}
		p.clear()
	}()
	p.off = func() {
		cancel()
		<-ended
	}
	return nil
}

// close switches the phone off and takes the card out.
func (p *phone) close() error {
	p.turn(false)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.card == nil {
		return nil
	}
	return p.card.Close()
}

// States of a delivery, in the words of the server's short message gateway.
const (
	stateDelivered = "delivered"
	stateBusy      = "busy" // the card is asking its person something, and takes no other message now
	stateAbsent    = "absent"
	stateRejected  = "rejected"
)

// deliver hands the segments of a message to the card, in order, and returns how far they came and the card's last report. A repetition
// of what is on the screen, which is another sending of the same packet, is where it belongs already. An error means that the card does
// not work.
func (p *phone) deliver(id string, tpdus [][]byte) (state string, report []byte, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.online {
		return stateAbsent, nil, nil
	}
	if err := p.start(); err != nil {
		return "", nil, err
	}
	defer p.recheck()
	packet, _, _ := strings.Cut(id, ".")
	for _, tpdu := range tpdus {
		r, err := p.set.Deliver(tpdu)
		switch {
		case err != nil:
			return stateRejected, nil, nil
		case r.Busy && packet == p.latest:
			return stateDelivered, nil, nil
		case r.Busy:
			return stateBusy, nil, nil
		case r.Failure:
			return stateRejected, r.TPDU, nil
		}
		report = r.TPDU
	}
	p.latest = packet
	return stateDelivered, report, nil
}
