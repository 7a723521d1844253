package handset

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"simtrust/simshield/softsim/usat"
)

// Card is what is in the slot.
type Card interface {
	Transmit(apdu []byte) []byte
	Reset()
}

var (
	// ErrPIN says that the card does not take the SIM PIN.
	ErrPIN = errors.New("handset: wrong SIM PIN")
	// ErrCard says that the card does not do what a SIM does.
	ErrCard = errors.New("handset: the card does not work")
)

// DefaultProfile is a telephone with a screen for Chinese.
var DefaultProfile = usat.NewProfile(usat.SMSDownload, usat.UCS2Entry, usat.UCS2Display, usat.DisplaysText, usat.GetsInput, usat.SendsShortMessage)

// Phone is a telephone with a card in it. It is safe for concurrent use.
type Phone struct {
	// Profile is what the telephone can do; it counts at the next PowerOn.
	Profile usat.Profile

	card Card
	user User
	send func(ctx context.Context, tpdu []byte) error

	session   sync.Mutex  // one command of the card at a time
	fetchable atomic.Bool // the card said 91 LL
	wake      chan struct{}
}

// New puts a card into a telephone with [DefaultProfile]. Send takes the SMS-SUBMITs of the card.
func New(card Card, user User, send func(ctx context.Context, tpdu []byte) error) *Phone {
	return &Phone{Profile: DefaultProfile, card: card, user: user, send: send, wake: make(chan struct{}, 1)}
}

// PowerOn resets the card, tells it what the telephone can do and presents the SIM PIN; "" presents none. The error is [ErrPIN] or
// [ErrCard].
func (p *Phone) PowerOn(pin string) error {
	p.card.Reset()
	p.fetchable.Store(false)
	if _, sw := p.transmit(0x80, 0x10, 0, 0, p.Profile); !good(sw) {
		return fmt.Errorf("%w: TERMINAL PROFILE: %04X", ErrCard, sw)
	}
	if pin == "" {
		return nil
	}
	block := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	copy(block, pin)
	if _, sw := p.transmit(0x00, 0x20, 0, 1, block); !good(sw) {
		return ErrPIN
	}
	return nil
}

// transmit sends a command with data, if any, and all the Le there is. It takes note of 91 LL.
func (p *Phone) transmit(cla, ins, p1, p2 byte, data []byte) ([]byte, uint16) {
	apdu := []byte{cla, ins, p1, p2}
	if len(data) > 0 {
		apdu = append(append(apdu, byte(len(data))), data...)
	}
	answer := p.card.Transmit(append(apdu, 0))
	if len(answer) < 2 {
		return nil, 0
	}
	n := len(answer) - 2
	sw := uint16(answer[n])<<8 | uint16(answer[n+1])
	if sw>>8 == 0x91 {
		p.fetchable.Store(true)
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
	return answer[:n], sw
}

// notAsking is the status of FETCH and TERMINAL RESPONSE where the card has no use for them.
const notAsking = 0x6985

// good is 90 00 and 91 LL.
func good(sw uint16) bool { return sw == 0x9000 || sw>>8 == 0x91 }

// Run carries out what the card asks for until ctx ends, and returns its error.
func (p *Phone) Run(ctx context.Context) error {
	for {
		if err := p.Settle(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.wake:
		}
	}
}

// Settle carries out what the card asks for until it asks for nothing more. It returns early with ctx's error: the card then waits
// for an answer, which only the next PowerOn ends.
func (p *Phone) Settle(ctx context.Context) error {
	p.session.Lock()
	defer p.session.Unlock()
	for p.fetchable.Swap(false) {
		command, sw := p.transmit(0x80, 0x12, 0, 0, nil)
		if sw != 0x9000 {
			continue // taken back meanwhile
		}
		answer := p.carryOut(ctx, command)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := p.answer(answer); err != nil {
			return err
		}
	}
	return nil
}

func (p *Phone) answer(a usat.Answer) error {
	octets, err := a.Append(nil)
	if err != nil {
		return fmt.Errorf("handset: %w", err)
	}
	switch _, sw := p.transmit(0x80, 0x14, 0, 0, octets); {
	case good(sw), sw == notAsking: // any more: the card was reset meanwhile
		return nil
	default:
		return fmt.Errorf("%w: TERMINAL RESPONSE: %04X", ErrCard, sw)
	}
}

// carryOut does what the card asks for.
func (p *Phone) carryOut(ctx context.Context, octets []byte) usat.Answer {
	command, err := usat.ParseCommand(octets)
	answer := usat.Answer{Details: command.Details}
	switch {
	case errors.Is(err, usat.ErrBeyond):
		answer.Result = usat.Beyond
	case err != nil:
		answer.Result = usat.NotKnown
	case command.Type == usat.SendSMS:
		if p.send(ctx, command.TPDU) != nil {
			answer.Result = usat.NoNetwork
		}
	default:
		answer.Text, answer.Result = p.ask(ctx, command)
	}
	return answer
}

// ask shows a text, and takes an input where one is asked for. What the keys cannot enter is no response.
func (p *Phone) ask(ctx context.Context, c usat.Command) (string, usat.Result) {
	text, err := c.Text.Decode()
	if err != nil {
		return "", usat.NotKnown
	}
	if c.Type == usat.DisplayText {
		return "", p.user.Display(ctx, text).result()
	}
	prompt := promptOf(c, text)
	entered, a := p.user.Input(ctx, prompt)
	if a == OK && !prompt.Accepts(entered) {
		a = NoResponse
	}
	if a != OK {
		entered = ""
	}
	return entered, a.result()
}
