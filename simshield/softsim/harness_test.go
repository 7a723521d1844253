package softsim_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"testing"
	"time"

	"simtrust/internal/milenage"
	"simtrust/internal/sms"
	"simtrust/simshield/applet"
	"simtrust/simshield/ota"
	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/eeprom"
	"simtrust/simshield/softsim/handset"
)

// now is when the service centre sends everything.
var now = time.Date(2026, 3, 4, 10, 0, 0, 0, time.FixedZone("", 8*60*60))

var platform = sms.Address{Type: sms.International, Plan: sms.E164, Value: "8613800000000"}

const (
	simPIN     = "1234"
	loginPIN   = "2580"
	signingPIN = "147258"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// subscriber is a card with the K and OPc of test set 19 (3GPP TS 35.208).
func subscriber(t testing.TB) softsim.Personalisation {
	t.Helper()
	return softsim.Personalisation{
		ICCID: "89860012345678901234", IMSI: "460001234567890", MNCLength: 2,
		K: milenage.Key(unhex(t, "5122250214c33e723a5dd523fc145fc0")), OPc: milenage.Key(unhex(t, "981d464c7c52eb6e5036234984ad0bcf")),
		SIMPIN: simPIN, LoginPIN: loginPIN, SigningPIN: signingPIN,
		OTA: []softsim.KeySet{
			{Number: 1, KIc: bytes.Repeat([]byte{0x11}, 16), KID: bytes.Repeat([]byte{0x22}, 16)},
			{Number: 2, KIc: bytes.Repeat([]byte{0x33}, 32), KID: bytes.Repeat([]byte{0x44}, 32)},
		},
	}
}

func newCard(t testing.TB) *softsim.Card {
	t.Helper()
	return cardIn(t, &eeprom.RAM{})
}

func cardIn(t testing.TB, m eeprom.Memory) *softsim.Card {
	t.Helper()
	c, err := softsim.New(m, subscriber(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// person answers the prompts of a telephone.
type person struct {
	seen   []string
	inputs []handset.Prompt

	display func(text string) handset.Answer                // nil: OK
	input   func(p handset.Prompt) (string, handset.Answer) // nil: the one-time code or the PINs, in turn
	pins    []string                                        // what is entered at hidden prompts; the last one again and again
}

func (p *person) Display(_ context.Context, text string) handset.Answer {
	p.seen = append(p.seen, text)
	if p.display == nil {
		return handset.OK
	}
	return p.display(text)
}

func (p *person) Input(_ context.Context, prompt handset.Prompt) (string, handset.Answer) {
	p.inputs = append(p.inputs, prompt)
	switch {
	case p.input != nil:
		return p.input(prompt)
	case !prompt.Hidden:
		return oneTimeCode, handset.OK
	}
	pin := p.pins[0]
	if len(p.pins) > 1 {
		p.pins = p.pins[1:]
	}
	return pin, handset.OK
}

const oneTimeCode = "86420135"

// bench is a card in a telephone in the hands of a person, and the platform that knows its keys.
type bench struct {
	t       testing.TB
	card    *softsim.Card
	phone   *handset.Phone
	person  *person
	app     applet.Application
	keys    *ota.Keys
	spi     ota.SPI
	counter ota.Counter
	sent    [][]byte // SMS-SUBMITs of the card
	submits *ota.Collector[string]
}

func newBench(t testing.TB, card *softsim.Card) *bench {
	t.Helper()
	b := &bench{t: t, card: card, person: &person{pins: []string{signingPIN}}, app: applet.Bank, spi: ota.Default | ota.BySubmit}
	b.keys = b.keySet(1, 0x11, 0x22, 16)
	b.phone = handset.New(card, b.person, func(_ context.Context, tpdu []byte) error {
		b.sent = append(b.sent, tpdu)
		return nil
	})
	b.submits = ota.CollectResponses[string](sms.Limits{Messages: 4, PerSender: 4, Life: time.Minute})
	b.powerOn()
	return b
}

func (b *bench) powerOn() {
	b.t.Helper()
	if err := b.phone.PowerOn(simPIN); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) keySet(number int, kic, kid byte, size int) *ota.Keys {
	b.t.Helper()
	k, err := ota.NewKeys(number, bytes.Repeat([]byte{kic}, size), bytes.Repeat([]byte{kid}, size))
	if err != nil {
		b.t.Fatal(err)
	}
	return k
}

// packet is the next command packet.
func (b *bench) packet(data []byte) []byte {
	b.t.Helper()
	b.counter++
	p, err := b.keys.AppendCommand(nil, ota.Command{SPI: b.spi, TAR: b.app.TAR(), Counter: b.counter, Data: data})
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// deliver hands a packet to the telephone and returns its last report.
func (b *bench) deliver(packet []byte) handset.Report {
	b.t.Helper()
	at, err := sms.NewTimestamp(now)
	if err != nil {
		b.t.Fatal(err)
	}
	tpdus, err := ota.Segments(packet, platform, at, byte(b.counter))
	if err != nil {
		b.t.Fatal(err)
	}
	var report handset.Report
	for _, tpdu := range tpdus {
		if report, err = b.phone.Deliver(tpdu); err != nil {
			b.t.Fatal(err)
		}
	}
	return report
}

// settle lets the person answer, and returns the responses that the card has sent since.
func (b *bench) settle() []applet.Response {
	b.t.Helper()
	if err := b.phone.Settle(context.Background()); err != nil {
		b.t.Fatal(err)
	}
	var responses []applet.Response
	for _, tpdu := range b.sent {
		u, err := ota.ReadSubmit(tpdu)
		if err != nil {
			b.t.Fatal(err)
		}
		packet, complete, err := b.submits.Add("card", u, now)
		if err != nil {
			b.t.Fatal(err)
		}
		if complete {
			responses = append(responses, b.open(packet, ota.OK))
		}
	}
	b.sent = nil
	return responses
}

// open reads a secured response packet, which must have this status.
func (b *bench) open(packet []byte, want ota.Status) applet.Response {
	b.t.Helper()
	por, err := b.keys.OpenResponse(nil, packet)
	if err != nil {
		b.t.Fatal(err)
	}
	if por.Status != want || por.TAR != b.app.TAR() {
		b.t.Fatalf("status %v of %v, want %v", por.Status, por.TAR, want)
	}
	if len(por.Data) == 0 {
		return applet.Response{}
	}
	r, err := applet.DecodeResponse(por.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// reported reads the packet in a report.
func (b *bench) reported(r handset.Report) []byte {
	b.t.Helper()
	d, err := sms.ParseDeliverReport(r.TPDU, r.Failure)
	if err != nil {
		b.t.Fatal(err)
	}
	return d.Data.Body
}

// do sends a command, lets the person answer and returns the one response.
func (b *bench) do(command applet.Command) applet.Response {
	b.t.Helper()
	if r := b.deliver(b.packet(command.Append(nil))); r.Failure {
		b.t.Fatalf("%T: RP-ERROR %x", command, r.TPDU)
	}
	responses := b.settle()
	if len(responses) != 1 {
		b.t.Fatalf("%T: %d responses", command, len(responses))
	}
	return responses[0]
}

// want does a command that must end with a result.
func (b *bench) want(command applet.Command, result applet.Result) applet.Response {
	b.t.Helper()
	r := b.do(command)
	if r.Result != result || r.ID != command.CommandID() {
		b.t.Fatalf("%T: %v of %x, want %v", command, r.Result, r.ID, result)
	}
	return r
}

// certificate is the digest of what certifies the keys.
var certificate = [32]byte{0xce}

// enrol makes a key and puts it to use.
func (b *bench) enrol(kind applet.Kind, algorithm applet.Algorithm) *applet.Enrolment {
	b.t.Helper()
	b.person.pins = []string{signingPIN}
	if kind == applet.KindLogin {
		b.person.pins = []string{loginPIN}
	}
	id := applet.ID{0xe0, byte(kind), byte(algorithm)}
	command := applet.Enrol{ID: id, Kind: kind, Algorithm: algorithm, Party: "模拟银行", Challenge: [16]byte{7}}
	e := b.want(command, applet.Enrolled).Enrolment
	if _, err := e.Request(command); err != nil {
		b.t.Fatal(err)
	}
	b.want(applet.Install{ID: id, Kind: kind, KeyHash: algorithm.Sum(e.PublicKey[:]), Certificate: certificate}, applet.Done)
	return e
}

// transfer is a statement about ¥48,000.00.
func transfer(n byte) applet.Statement {
	return applet.Statement{Party: "模拟银行", ID: applet.ID{n}, Nonce: [16]byte{n, 1}, NotAfter: now.Add(5 * time.Minute), Subject: applet.Transfer{
		Order: "ORD-2026-000" + string('0'+n%10), PayeeName: "王小明", PayeeAccount: "6222021234567890123",
		Amount: applet.Amount{Minor: 4800000, Currency: "CNY"}, Memo: "房租", Time: now,
	}}
}

// verify holds a signature against the statement that it is to be over.
func verify(t testing.TB, e *applet.Enrolment, a applet.Algorithm, s applet.Statement, sig *applet.Signature) error {
	t.Helper()
	prompt, err := s.Compose()
	if err != nil {
		t.Fatal(err)
	}
	set, err := applet.SignedAttributes(a, prompt.DER, certificate)
	if err != nil {
		t.Fatal(err)
	}
	key, err := applet.ParsePublicKey(e.PublicKey[:], a)
	if err != nil {
		t.Fatal(err)
	}
	return applet.Verify(key, a, set, *sig)
}
