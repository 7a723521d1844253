package handset_test

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"simtrust/internal/sms"
	"simtrust/simshield/softsim/handset"
	"simtrust/simshield/softsim/usat"
)

// card answers commands by their instruction, in turn; the last answer stands. It takes note of the terminal responses.
type card struct {
	mu        sync.Mutex
	answers   map[byte][]string // hex
	sent      []string
	responses []usat.Answer
	resets    int
}

func (c *card) Reset() { c.resets++ }

func (c *card) Transmit(apdu []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, hex.EncodeToString(apdu))
	if apdu[1] == 0x14 {
		a, err := usat.ParseAnswer(apdu[5 : 5+int(apdu[4])])
		if err != nil {
			panic(err)
		}
		c.responses = append(c.responses, a)
	}
	list := c.answers[apdu[1]]
	if len(list) == 0 {
		return []byte{0x90, 0x00}
	}
	if len(list) > 1 {
		c.answers[apdu[1]] = list[1:]
	}
	b, err := hex.DecodeString(strings.ReplaceAll(list[0], " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// user gives one answer to everything.
type user struct {
	answer handset.Answer
	text   string
	seen   []string
	prompt handset.Prompt
}

func (u *user) Display(_ context.Context, text string) handset.Answer {
	u.seen = append(u.seen, text)
	return u.answer
}

func (u *user) Input(_ context.Context, p handset.Prompt) (string, handset.Answer) {
	u.prompt = p
	return u.text, u.answer
}

func nobody(context.Context, []byte) error { return errors.New("no network") }

const (
	displayHello = "d0108103012180820281028d05084f60597d"
	inputPIN     = "d0278103012304820281828d180450617373776f726420313c53454e443e3233343536373891020408"
	sendMessage  = "d00c8103011300820281838b0140"
	provideInfo  = "d009810301260082028182"
)

// asked has a card ask for one thing and returns what it was told.
func asked(t *testing.T, u *user, send func(context.Context, []byte) error, command string) usat.Answer {
	t.Helper()
	c := &card{answers: map[byte][]string{0x10: {"91ff"}, 0x12: {command + "9000"}}}
	p := handset.New(c, u, send)
	if err := p.PowerOn(""); err != nil {
		t.Fatal(err)
	}
	if err := p.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(c.responses) != 1 {
		t.Fatalf("told %+v", c.responses)
	}
	return c.responses[0]
}

func TestDisplayText(t *testing.T) {
	results := map[handset.Answer]usat.Result{
		handset.OK: usat.Performed, handset.Cancel: usat.Terminated, handset.Back: usat.Backward, handset.NoResponse: usat.NoResponse,
		handset.Answer(9): usat.Terminated,
	}
	for answer, want := range results {
		u := &user{answer: answer}
		if got := asked(t, u, nobody, displayHello); got.Result != want || got.Type != usat.DisplayText || got.Qualifier != 0x80 {
			t.Errorf("%v: %+v, want %v", answer, got, want)
		}
		if !slices.Equal(u.seen, []string{"你好"}) {
			t.Errorf("shown %q", u.seen)
		}
	}
}

func TestGetInput(t *testing.T) {
	u := &user{text: "147258"}
	if got := asked(t, u, nobody, inputPIN); got.Result != usat.Performed || got.Text != "147258" {
		t.Errorf("%+v", got)
	}
	if want := (handset.Prompt{Text: "Password 1<SEND>2345678", Min: 4, Max: 8, Hidden: true, Digits: true}); u.prompt != want {
		t.Errorf("%+v, want %+v", u.prompt, want)
	}
}

// TestInputThatKeysCannotEnter is no response, so a program that plays a person cannot enter more than a person can.
func TestInputThatKeysCannotEnter(t *testing.T) {
	for _, text := range []string{"", "123", "123456789", "12a4", "１２３４", "12 34", "-123"} {
		if got := asked(t, &user{text: text}, nobody, inputPIN); got.Result != usat.NoResponse || got.Text != "" {
			t.Errorf("%q: %+v", text, got)
		}
	}
	if got := asked(t, &user{text: "147258", answer: handset.Cancel}, nobody, inputPIN); got.Result != usat.Terminated || got.Text != "" {
		t.Errorf("cancelled: %+v", got)
	}
}

func TestSendShortMessage(t *testing.T) {
	var got []byte
	send := func(_ context.Context, tpdu []byte) error {
		got = tpdu
		return nil
	}
	if a := asked(t, &user{}, send, sendMessage); a.Result != usat.Performed || string(got) != "\x40" {
		t.Errorf("%+v, sent % x", a, got)
	}
	if a := asked(t, &user{}, nobody, sendMessage); a.Result != usat.NoNetwork {
		t.Errorf("%+v", a)
	}
}

// TestBeyondCapabilities: a command that is not known, not understood or not readable is not carried out in part.
func TestBeyondCapabilities(t *testing.T) {
	cases := map[string]usat.Result{
		provideInfo: usat.Beyond,
		"d0148103012180820281028d05084f60597d9e020001": usat.Beyond,   // an icon, to be comprehended
		"d00f8103012180820281028d04084f6059":           usat.NotKnown, // half a character
		"d009810301218082028102":                       usat.NotKnown, // no text
	}
	for command, want := range cases {
		u := &user{}
		if got := asked(t, u, nobody, command); got.Result != want || len(u.seen) > 0 {
			t.Errorf("%s: %+v, shown %q, want %v", command, got, u.seen, want)
		}
	}
}

func TestPowerOn(t *testing.T) {
	c := &card{}
	if err := handset.New(c, &user{}, nobody).PowerOn("1234"); err != nil {
		t.Fatal(err)
	}
	want := []string{"80100000040260050200", "002000010831323334ffffffff00"}
	if !slices.Equal(c.sent, want) || c.resets != 1 {
		t.Errorf("sent %v after %d resets, want %v", c.sent, c.resets, want)
	}
	for sw, want := range map[string]error{"63c2": handset.ErrPIN, "6983": handset.ErrPIN} {
		c := &card{answers: map[byte][]string{0x20: {sw}}}
		if err := handset.New(c, &user{}, nobody).PowerOn("1234"); !errors.Is(err, want) {
			t.Errorf("%s: %v", sw, err)
		}
	}
	for _, sw := range []string{"6581", "", "90"} {
		c := &card{answers: map[byte][]string{0x10: {sw}}}
		if err := handset.New(c, &user{}, nobody).PowerOn(""); !errors.Is(err, handset.ErrCard) {
			t.Errorf("%q: %v", sw, err)
		}
	}
}

func TestDeliver(t *testing.T) {
	refusal := "027100 000b0ab0001000000000000009"
	cases := []struct {
		name, answer  string
		failure, busy bool
		cause         byte
		body          bool
	}{
		{"taken", "9000", false, false, 0, false},
		{"taken, with a report", refusal + "9000", false, false, 0, true},
		{"taken, with something to fetch", refusal + "9110", false, false, 0, true},
		{"busy", "9300", true, true, 0xd4, false},
		{"refused", "6a80", true, false, 0xd5, false},
		{"refused, with a report", refusal + "6200", true, false, 0xd5, true},
		{"dead", "6581", true, false, 0xd5, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			k := &card{answers: map[byte][]string{0xc2: {c.answer}}}
			r, err := handset.New(k, &user{}, nobody).Deliver([]byte{0x40, 0x01})
			if err != nil || r.Failure != c.failure || r.Busy != c.busy {
				t.Fatalf("%+v %v", r, err)
			}
			d, err := sms.ParseDeliverReport(r.TPDU, r.Failure)
			if err != nil || d.Cause != c.cause || d.HasData != c.body {
				t.Errorf("%+v %v", d, err)
			}
			if want := "80c200000ad108820283818b02400100"; k.sent[0] != want {
				t.Errorf("sent %s, want %s", k.sent[0], want)
			}
		})
	}
	if _, err := handset.New(&card{}, &user{}, nobody).Deliver(make([]byte, 255)); err == nil {
		t.Error("a TPDU that no ENVELOPE holds was taken")
	}
}

// TestRun carries out what comes later too, and ends with its context.
func TestRun(t *testing.T) {
	c := &card{answers: map[byte][]string{0x12: {displayHello + "9000"}, 0xc2: {"9112"}}}
	shown := make(chan string, 1)
	p := handset.New(c, screen(shown), nobody)
	if err := p.PowerOn(""); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	for range 2 {
		if _, err := p.Deliver([]byte{0x40}); err != nil {
			t.Fatal(err)
		}
		if text := <-shown; text != "你好" {
			t.Errorf("shown %q", text)
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

type screen chan string

func (s screen) Display(_ context.Context, text string) handset.Answer {
	s <- text
	return handset.OK
}

func (s screen) Input(context.Context, handset.Prompt) (string, handset.Answer) {
	return "", handset.NoResponse
}

// TestSwitchedOff: a prompt that ends because the telephone does is not answered in the person's name.
func TestSwitchedOff(t *testing.T) {
	c := &card{answers: map[byte][]string{0x10: {"91ff"}, 0x12: {displayHello + "9000"}}}
	ctx, cancel := context.WithCancel(t.Context())
	p := handset.New(c, off(cancel), nobody)
	if err := p.PowerOn(""); err != nil {
		t.Fatal(err)
	}
	if err := p.Settle(ctx); !errors.Is(err, context.Canceled) || len(c.responses) > 0 {
		t.Errorf("%v, told %+v", err, c.responses)
	}
}

type off context.CancelFunc

func (f off) Display(context.Context, string) handset.Answer {
	f()
	return handset.NoResponse
}

func (f off) Input(context.Context, handset.Prompt) (string, handset.Answer) {
	f()
	return "", handset.NoResponse
}

// TestTakenBack: a card that has nothing any more when it is asked gets no answer.
func TestTakenBack(t *testing.T) {
	c := &card{answers: map[byte][]string{0x10: {"91ff"}, 0x12: {"6985"}}}
	p := handset.New(c, &user{}, nobody)
	if err := p.PowerOn(""); err != nil {
		t.Fatal(err)
	}
	if err := p.Settle(t.Context()); err != nil || len(c.responses) > 0 {
		t.Errorf("%v, told %+v", err, c.responses)
	}
}

// TestResetMeanwhile: the answer to what a card has forgotten at a reset goes nowhere.
func TestResetMeanwhile(t *testing.T) {
	c := &card{answers: map[byte][]string{0x10: {"91ff"}, 0x12: {displayHello + "9000"}, 0x14: {"6985"}}}
	p := handset.New(c, &user{}, nobody)
	if err := p.PowerOn(""); err != nil {
		t.Fatal(err)
	}
	if err := p.Settle(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCardThatRefusesAnswers(t *testing.T) {
	c := &card{answers: map[byte][]string{0x10: {"91ff"}, 0x12: {displayHello + "9000"}, 0x14: {"6a80"}}}
	p := handset.New(c, &user{}, nobody)
	if err := p.PowerOn(""); err != nil {
		t.Fatal(err)
	}
	if err := p.Settle(t.Context()); !errors.Is(err, handset.ErrCard) {
		t.Errorf("%v", err)
	}
}
