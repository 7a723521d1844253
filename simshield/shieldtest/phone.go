package shieldtest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/renumber"
	"simtrust/simshield/gateway"
	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/eeprom"
	"simtrust/simshield/softsim/handset"
)

// The PINs of every card.
const (
	simPIN     = "1234"
	loginPIN   = "2580"
	signingPIN = "147258"
)

// phones are the telephones, and the bearer to them.
type phones struct {
	mu   sync.Mutex
	all  map[string]*Phone // by IMSI
	mail map[string][][]byte
}

func newPhones() *phones { return &phones{all: map[string]*Phone{}, mail: map[string][][]byte{}} }

// Phone is a telephone with a card, and its person.
type Phone struct {
	*handset.Phone
	Person *Person
	// Absent is a telephone that cannot be reached.
	Absent bool
}

// Deliver implements gateway.Bearer.
func (p *phones) Deliver(_ context.Context, m gateway.Message) (gateway.Delivery, error) {
	p.mu.Lock()
	phone := p.all[m.IMSI]
	p.mu.Unlock()
	if phone == nil || phone.Absent {
		return gateway.Delivery{State: gateway.PhoneAbsent}, nil
	}
	var report handset.Report
	for _, tpdu := range m.TPDUs {
		var err error
		if report, err = phone.Deliver(tpdu); err != nil {
			return gateway.Delivery{}, err
		}
	}
	return gateway.Delivery{State: gateway.OnPhone, Report: report.TPDU}, nil
}

// settle lets every person answer, and returns what the cards sent, by IMSI.
func (p *phones) settle(t testing.TB) map[string][][]byte {
	t.Helper()
	for _, phone := range p.all {
		must(t, phone.Settle(t.Context()))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	mail := p.mail
	p.mail = map[string][][]byte{}
	return mail
}

func (p *phones) send(imsi string, tpdu []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mail[imsi] = append(p.mail[imsi], tpdu)
}

// Person is who holds a telephone, and enters the right PIN unless told otherwise.
type Person struct {
	Shown   []string // what was on the screen
	Refuses bool
	Ignores bool
	PINs    []string // entered first, in turn
	code    string
}

// Display implements handset.User.
func (p *Person) Display(_ context.Context, text string) handset.Answer {
	p.Shown = append(p.Shown, text)
	return p.answer()
}

func (p *Person) answer() handset.Answer {
	switch {
	case p.Refuses:
		return handset.Cancel
	case p.Ignores:
		return handset.NoResponse
	}
	return handset.OK
}

// Input implements handset.User.
func (p *Person) Input(_ context.Context, prompt handset.Prompt) (string, handset.Answer) {
	p.Shown = append(p.Shown, prompt.Text)
	switch {
	case !prompt.Hidden:
		return p.code, p.answer()
	case len(p.PINs) > 0:
		pin := p.PINs[0]
		p.PINs = p.PINs[1:]
		return pin, p.answer()
	case prompt.Max == len(loginPIN) || strings.Contains(prompt.Text, "登录") || strings.Contains(prompt.Text, "login"):
		return loginPIN, p.answer()
	}
	return signingPIN, p.answer()
}

// subscriber gives a number to a holder with a card in a telephone that is on.
func (w *World) subscriber(number string) *Phone {
	w.t.Helper()
	place := len(w.phones.all) + 1
	iccid, imsi := fmt.Sprintf("898600000000000%05d", place), fmt.Sprintf("4600000000%05d", place)
	kic, kid := bytes.Repeat([]byte{0x11}, 16), bytes.Repeat([]byte{0x22}, 16)
	card, err := softsim.New(&eeprom.RAM{}, softsim.Personalisation{
		ICCID: iccid, IMSI: imsi, MNCLength: 2, K: [16]byte{1}, OPc: [16]byte{2}, SIMPIN: simPIN, LoginPIN: loginPIN, SigningPIN: signingPIN,
		OTA: []softsim.KeySet{{Number: 1, KIc: kic, KID: kid}},
	})
	must(w.t, err)
	p := &Phone{Person: &Person{}}
	p.Phone = handset.New(card, p.Person, func(_ context.Context, tpdu []byte) error {
		w.phones.send(imsi, tpdu)
		return nil
	})
	must(w.t, p.PowerOn(simPIN))
	w.phones.mu.Lock()
	w.phones.all[imsi] = p
	w.phones.mu.Unlock()
	_, err = w.gateway.Import(w.t.Context(), []gateway.Personalisation{{ICCID: iccid, IMSI: imsi, KeySet: 1, KIc: kic, KID: kid}})
	must(w.t, err)
	n, err := simtrust.ParseNumber(number)
	must(w.t, err)
	w.Holders.mu.Lock()
	defer w.Holders.mu.Unlock()
	w.Holders.now[n] = renumber.Holding{
		Tenure: simtrust.Tenure{ID: simtrust.NewTenureID(), Number: n, Opened: w.Clock.Now().Add(-1000 * time.Hour)},
		SIMs:   []renumber.SIM{{ICCID: iccid, IMSI: imsi, Primary: true}},
	}
	return p
}
