package softsim_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simtrust/simshield/applet"
	"simtrust/simshield/ota"
	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/eeprom"
)

func TestCreateAndOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "card")
	card, err := softsim.Create(path, subscriber(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := softsim.Open(path); !errors.Is(err, eeprom.ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	b := newBench(t, card)
	e := b.enrol(applet.KindTransaction, applet.SM2)
	run(t, card, []exchange{
		{"wrong", verifyWrong, "63c2"},
		{"change", "0024000110 31323334ffffffff 35363738ffffffff", "9000"},
		{"wrong", verifyWrong, "63c2"},
	})
	if err := card.Close(); err != nil {
		t.Fatal(err)
	}
	run(t, card, []exchange{{"closed", "00200001", "6581"}})

	again, err := softsim.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	run(t, again, []exchange{
		{"tries are kept", "00200001", "63c2"},
		{"the new PIN is kept", "0020000108 35363738ffffffff", "9000"},
		{"and put back", "0024000110 35363738ffffffff 31323334ffffffff", "9000"},
	})
	b2 := newBench(t, again)
	b2.open(b2.reported(b2.deliver(b2.packet(applet.Cancel{}.Append(nil)))), ota.CounterLow)
	b2.counter = b.counter
	r := b2.want(applet.Confirm{Statement: transfer(1)}, applet.Signed)
	if err := verify(t, e, applet.SM2, transfer(1), r.Signature); err != nil {
		t.Error(err)
	}
	if _, err := softsim.Create(path, subscriber(t)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("created over: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := softsim.Open(filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	path := filepath.Join(dir, "other")
	if err := os.WriteFile(path, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := softsim.Open(path); !errors.Is(err, eeprom.ErrDamaged) {
		t.Errorf("another file: %v", err)
	}
}

// TestResumeRefuses: a memory that is well formed and not a card's.
func TestResumeRefuses(t *testing.T) {
	ram := &eeprom.RAM{}
	cardIn(t, ram)
	first := string(ram.Records[0])
	records := map[string][]string{
		"nothing":             {},
		"not JSON":            {first, "{"},
		"no list":             {first, "{}"},
		"no change":           {first, "[{}]"},
		"not personalised":    {`[{"tries":{"pin":0,"left":3}}]`},
		"no such PIN":         {first, `[{"tries":{"pin":3,"left":3}}]`},
		"more tries":          {first, `[{"tries":{"pin":0,"left":4}}]`},
		"a PIN of letters":    {first, `[{"code":{"pin":0,"code":"abcd"}}]`},
		"no such entry":       {first, `[{"sqn":{"ind":32,"seq":1}}]`},
		"no such key set":     {first, `[{"counter":{"set":16,"last":1}}]`},
		"key set 0":           {first, `[{"counter":{"set":0,"last":1}}]`},
		"no such applet":      {first, `[{"key":{"applet":4,"kind":1,"slot":{}}}]`},
		"no key":              {first, `[{"key":{"applet":1,"kind":1,"slot":null}}]`},
		"an empty key":        {first, `[{"key":{"applet":1,"kind":1,"slot":{}}}]`},
		"no signature":        {first, `[{"answer":{"applet":1,"transaction":{"result":1}}}]`},
		"no applet":           {first, `[{"answer":{"transaction":{"result":3}}}]`},
		"unsound card":        {strings.Replace(first, `"IMSI":"4`, `"IMSI":"x`, 1)},
		"unsound OTA key set": {strings.Replace(first, `"Number":1`, `"Number":0`, 1)},
	}
	for name, list := range records {
		t.Run(name, func(t *testing.T) {
			var octets [][]byte
			for _, r := range list {
				octets = append(octets, []byte(r))
			}
			if _, err := softsim.Resume(ram, octets); !errors.Is(err, eeprom.ErrDamaged) {
				t.Errorf("error %v, want ErrDamaged", err)
			}
		})
	}
}

func TestPersonalisationRefusals(t *testing.T) {
	cases := map[string]func(*softsim.Personalisation){
		"no ICCID":             func(p *softsim.Personalisation) { p.ICCID = "" },
		"short ICCID":          func(p *softsim.Personalisation) { p.ICCID = p.ICCID[:17] },
		"long ICCID":           func(p *softsim.Personalisation) { p.ICCID += "0" },
		"ICCID with a letter":  func(p *softsim.Personalisation) { p.ICCID = "8986001234567890123A" },
		"no IMSI":              func(p *softsim.Personalisation) { p.IMSI = "" },
		"long IMSI":            func(p *softsim.Personalisation) { p.IMSI += "1" },
		"network code of 1":    func(p *softsim.Personalisation) { p.MNCLength = 1 },
		"short SIM PIN":        func(p *softsim.Personalisation) { p.SIMPIN = "123" },
		"long signing PIN":     func(p *softsim.Personalisation) { p.SigningPIN = "123456789" },
		"login PIN of letters": func(p *softsim.Personalisation) { p.LoginPIN = "abcd" },
		"key set 0":            func(p *softsim.Personalisation) { p.OTA[0].Number = 0 },
		"key set 16":           func(p *softsim.Personalisation) { p.OTA[0].Number = 16 },
		"key set twice":        func(p *softsim.Personalisation) { p.OTA[1].Number = 1 },
		"short key":            func(p *softsim.Personalisation) { p.OTA[0].KIc = p.OTA[0].KIc[:15] },
		"one key for both":     func(p *softsim.Personalisation) { p.OTA[0].KID = p.OTA[0].KIc },
		"single DES":           func(p *softsim.Personalisation) { p.OTA[0].Legacy = true },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			p := subscriber(t)
			spoil(&p)
			ram := &eeprom.RAM{}
			if _, err := softsim.New(ram, p); err == nil || len(ram.Records) > 0 {
				t.Errorf("error %v, %d records", err, len(ram.Records))
			}
			path := filepath.Join(t.TempDir(), "card")
			if _, err := softsim.Create(path, p); err == nil {
				t.Error("created")
			}
			if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a file was left: %v", err)
			}
		})
	}
}

// TestSecretsDoNotPrint formats and logs a card and its personalisation in every way.
func TestSecretsDoNotPrint(t *testing.T) {
	p := subscriber(t)
	p.SIMPIN = "7391"
	card, err := softsim.New(forgetful, p)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n"+verb+"\n"+verb+"\n", p, card, p.OTA[0])
	}
	options := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey { // the digits of any PIN may turn up in it
			return slog.Attr{}
		}
		return a
	}}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, options), slog.NewJSONHandler(&out, options)} {
		slog.New(h).Info("card", "personalisation", p, "card", card, "key set", p.OTA[0], "pin", p.SIMPIN)
	}
	text := strings.ToLower(out.String())
	for _, secret := range []string{string(p.SIMPIN), loginPIN, signingPIN, "33 33 33", "333333", "51 51 51", "515151", "5122250214", "81 34 37 2 20", "0x51, 0x22",
		"17 17 17", "111111", "0x11, 0x11", "ereresrer", "34 34 34", "0x33"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the output", secret)
		}
	}
}
