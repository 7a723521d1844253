package softsim_test

import (
	"bytes"
	"fmt"
	"testing"

	"simtrust/internal/sms"
	"simtrust/simshield/applet"
	"simtrust/simshield/ota"
	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/usat"
)

// quiet holds that nothing is shown, sent or signed, and that the next packet of the platform works as if nothing had happened.
func (b *bench) quiet(next applet.Command, want applet.Result) {
	b.t.Helper()
	seen := len(b.person.seen)
	if got := b.settle(); len(got) > 0 || len(b.person.seen) > seen {
		b.t.Errorf("answered %+v, shown %q", got, b.person.seen[seen:])
	}
	b.want(next, want)
}

// refusal holds that a report is a failure with an unsecured status.
func (b *bench) refusal(report []byte, want ota.Status) {
	b.t.Helper()
	r, err := ota.ReadRefusal(report)
	if err != nil || r.Status != want || r.Counter != 0 || len(r.Data) > 0 {
		b.t.Errorf("report % x: %+v %v, want %v", report, r, err, want)
	}
}

// TestAttackReplay sends every packet again: status 02 under checksum, no prompt, and the counter stays where it is.
func TestAttackReplay(t *testing.T) {
	b := signer(t)
	packet := b.packet(applet.Confirm{Statement: transfer(1)}.Append(nil))
	for _, again := range []bool{false, true, true} {
		report := b.deliver(packet)
		want := ota.ResponseBySubmit
		if again {
			want = ota.CounterLow
		}
		b.open(b.reported(report), want)
		b.settle()
		b.sent = nil
	}
	b.quiet(applet.Confirm{Statement: transfer(2)}, applet.Signed)
}

// TestAttackReorder delivers two packets the wrong way round: the older one is dead.
func TestAttackReorder(t *testing.T) {
	b := signer(t)
	older := b.packet(applet.Confirm{Statement: transfer(1)}.Append(nil))
	b.want(applet.Confirm{Statement: transfer(2)}, applet.Signed)
	b.open(b.reported(b.deliver(older)), ota.CounterLow)
	b.quiet(applet.Confirm{Statement: transfer(3)}, applet.Signed)
}

// TestAttackReplayAcrossApplets: the counter is that of the key set, whichever applet a packet is for.
func TestAttackReplayAcrossApplets(t *testing.T) {
	b := signer(t)
	older := b.packet(applet.Cancel{ID: applet.ID{9}}.Append(nil))
	b.app = applet.EID
	b.want(applet.Cancel{ID: applet.ID{9}}, applet.Done)
	b.app = applet.Bank
	b.open(b.reported(b.deliver(older)), ota.CounterLow)
}

// TestKeySetsCountApart: another key set has a counter of its own.
func TestKeySetsCountApart(t *testing.T) {
	b := signer(t)
	b.counter = 1000
	b.want(applet.Cancel{ID: applet.ID{9}}, applet.Done)
	b.keys, b.counter = b.keySet(2, 0x33, 0x44, 32), 0
	b.want(applet.Cancel{ID: applet.ID{9}}, applet.Done)
}

// TestAttackForgedPacket changes every octet of a packet: no prompt, no secured octet goes back (Nohl 2013), no counter moves.
func TestAttackForgedPacket(t *testing.T) {
	b := signer(t)
	b.counter += 10
	packet := b.packet(applet.Confirm{Statement: transfer(1)}.Append(nil))
	for at := range packet {
		forged := bytes.Clone(packet)
		forged[at] ^= 0x41
		report := b.deliver(forged)
		if !report.Failure {
			t.Fatalf("octet %d: taken", at)
		}
		if body := b.reported(report); len(body) > 0 {
			if _, err := ota.ReadRefusal(body); err != nil {
				t.Errorf("octet %d: answered % x", at, body)
			}
		}
	}
	b.counter -= 10 // below the forged ones
	b.quiet(applet.Confirm{Statement: transfer(2)}, applet.Signed)
}

// TestAttackCounterJump: a counter near the end, without the key.
func TestAttackCounterJump(t *testing.T) {
	b := signer(t)
	own := b.keys
	b.keys, b.counter = b.keySet(1, 0x66, 0x77, 16), ota.Ceiling-1
	b.refusal(b.reported(b.deliver(b.packet([]byte{0xe4}))), ota.ChecksumFailed)
	if at := b.card.Counter(1); at != 2 {
		t.Errorf("the counter moved to %d", at)
	}
	b.keys, b.counter = own, 50
	b.quiet(applet.Confirm{Statement: transfer(2)}, applet.Signed)
}

// TestAttackDowngrade: every SPI, KIc and KID but the profile's is refused from the header, before any key is used.
func TestAttackDowngrade(t *testing.T) {
	b := signer(t)
	packet := b.packet(applet.Confirm{Statement: transfer(1)}.Append(nil))
	headers := map[string][4]byte{
		"no security":            {0x00, 0x00, 0x00, 0x00},
		"no checksum":            {0x14, 0x39, 0x12, 0x12},
		"redundancy check":       {0x15, 0x39, 0x12, 0x12},
		"no ciphering":           {0x12, 0x39, 0x12, 0x12},
		"no counter":             {0x06, 0x39, 0x12, 0x12},
		"counter not checked":    {0x0e, 0x39, 0x12, 0x12},
		"report not secured":     {0x16, 0x21, 0x12, 0x12},
		"DES":                    {0x16, 0x39, 0x11, 0x11},
		"DES in ECB":             {0x16, 0x39, 0x1d, 0x1d},
		"triple DES":             {0x16, 0x39, 0x15, 0x15},
		"implicit":               {0x16, 0x39, 0x10, 0x10},
		"key set 0":              {0x16, 0x39, 0x02, 0x02},
		"a key set of nobody":    {0x16, 0x39, 0xf2, 0xf2},
		"two different key sets": {0x16, 0x39, 0x12, 0x22},
	}
	for name, h := range headers {
		t.Run(name, func(t *testing.T) {
			forged := bytes.Clone(packet)
			copy(forged[3:], h[:])
			b.refusal(b.reported(b.deliver(forged)), ota.InsufficientSecurity)
		})
	}
	b.quiet(applet.Confirm{Statement: transfer(2)}, applet.Signed)
}

// TestAttackMinimumLevel: an applet that asks for consecutive counters takes no others, even under the right keys.
func TestAttackMinimumLevel(t *testing.T) {
	p := subscriber(t)
	p.Levels = map[applet.Application]ota.Level{applet.Bank: ota.LevelSequential}
	c, err := softsim.New(forgetful, p)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, c)
	b.refusal(b.reported(b.deliver(b.packet(applet.Cancel{}.Append(nil)))), ota.InsufficientSecurity)
	b.spi, b.counter = ota.Default|ota.BySubmit|ota.Sequential, 0
	b.want(applet.Cancel{ID: applet.ID{1}}, applet.Done)
	b.counter++ // one is kept back
	b.open(b.reported(b.deliver(b.packet(applet.Cancel{}.Append(nil)))), ota.CounterHigh)
	b.counter -= 2
	b.want(applet.Cancel{ID: applet.ID{1}}, applet.Done)
	b.app, b.spi = applet.EID, ota.Default|ota.BySubmit
	b.want(applet.Cancel{ID: applet.ID{1}}, applet.Done)
}

// TestAttackUnknownTAR: there is no applet with a toolkit of its own, such as S@T (TAR 505348 to 50534F) and WIB had.
func TestAttackUnknownTAR(t *testing.T) {
	b := signer(t)
	for _, tar := range []ota.TAR{{}, {0xb0, 0, 0}, {0xb0, 0, 0x10}, {0xb0, 0, 0x11}, {0x50, 0x53, 0x48}, {0x53, 0x42, 0}, {0x53, 0x42, 4}} {
		b.counter++
		packet, err := b.keys.AppendCommand(nil, ota.Command{SPI: b.spi, TAR: tar, Counter: b.counter, Data: applet.Cancel{}.Append(nil)})
		if err != nil {
			t.Fatal(err)
		}
		b.refusal(b.reported(b.deliver(packet)), ota.UnknownTAR)
	}
	b.quiet(applet.Confirm{Statement: transfer(2)}, applet.Signed)
}

// TestAttackSimjacker: short messages that are no secured packet make the card do nothing, whatever they hold (Simjacker 2019).
func TestAttackSimjacker(t *testing.T) {
	b := signer(t)
	at, err := sms.NewTimestamp(now)
	if err != nil {
		t.Fatal(err)
	}
	display, err := usat.Display(1, usat.Text{DCS: usat.DefaultText, Octets: []byte("hello")}).Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	open := []byte{0x00, 0x20, 0x0d, 0x00, 0x00, 0x00, 0x00, 0x50, 0x53, 0x48, 0, 0, 0, 0, 0, 0}
	command := sms.Header{0x02, 0x70, 0x00}
	messages := map[string]sms.Deliver{
		"a proactive command":       {PID: sms.PIDForUSIM, DCS: sms.DCSForUSIM, Data: sms.UserData{Body: display}},
		"behind a packet's header":  {PID: sms.PIDForUSIM, DCS: sms.DCSForUSIM, Data: sms.UserData{Header: command, Body: display}},
		"a packet without security": {PID: sms.PIDForUSIM, DCS: sms.DCSForUSIM, Data: sms.UserData{Header: command, Body: append(open, display...)}},
		"as a response":             {PID: sms.PIDForUSIM, DCS: sms.DCSForUSIM, Data: sms.UserData{Header: sms.Header{0x02, 0x71, 0x00}, Body: open}},
		"with two headers":          {PID: sms.PIDForUSIM, DCS: sms.DCSForUSIM, Data: sms.UserData{Header: sms.Header{0x04, 0x70, 0x00, 0x70, 0x00}, Body: open}},
		"for applications by port":  {PID: sms.PIDForUSIM, DCS: sms.DCSForUSIM, Data: sms.UserData{Header: sms.Header{0x04, 0x04, 0x02, 0x0b, 0x84}, Body: open}},
		"plain text":                {DCS: sms.DCSText, Data: sms.UserData{Body: []byte("hello")}},
		"another class":             {PID: sms.PIDForUSIM, DCS: sms.DCSOctets, Data: sms.UserData{Header: command, Body: open}},
	}
	for name, m := range messages {
		t.Run(name, func(t *testing.T) {
			m.From, m.Time = platform, at
			tpdu, err := m.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			report, err := b.phone.Deliver(tpdu)
			if err != nil || !report.Failure {
				t.Errorf("taken: %+v %v", report, err)
			}
			if body := b.reported(report); len(body) > 0 {
				if r, err := ota.ReadRefusal(body); err != nil || r.Status != ota.UnknownTAR {
					t.Errorf("answered % x: %+v %v", body, r, err)
				}
			}
		})
	}
	b.quiet(applet.Confirm{Statement: transfer(2)}, applet.Signed)
}

// TestAttackOtherEnvelopes: there is no menu, no cell broadcast and no call control to abuse.
func TestAttackOtherEnvelopes(t *testing.T) {
	c := newCard(t)
	for _, envelope := range []string{"d30782020181900101", "d2058202838100", "d4048202828100", "d10482028381", ""} {
		command := fmt.Sprintf("80c20000%02x%s", len(envelope)/2, envelope)
		want := "6a80"
		run(t, c, []exchange{{"ENVELOPE", command, want}})
	}
}

// TestAttackMixedSegments: segments of two packets under one reference make neither, and do not keep a third out.
func TestAttackMixedSegments(t *testing.T) {
	b := signer(t)
	at, err := sms.NewTimestamp(now)
	if err != nil {
		t.Fatal(err)
	}
	segments := func(n byte) [][]byte {
		s, err := ota.Segments(b.packet(applet.Confirm{Statement: wordy(n)}.Append(nil)), platform, at, 7)
		if err != nil || len(s) < 2 {
			t.Fatalf("%d segments, %v", len(s), err)
		}
		return s
	}
	first, second, third := segments(1), segments(2), segments(3)
	for _, tpdu := range [][]byte{first[0], first[0], second[1], first[1], second[0], second[0], first[0]} {
		if _, err := b.phone.Deliver(tpdu); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.settle(); len(got) > 0 {
		t.Errorf("answered %+v", got)
	}
	for _, tpdu := range third {
		if r, err := b.phone.Deliver(tpdu); err != nil || r.Failure {
			t.Errorf("%+v %v", r, err)
		}
	}
	if got := b.settle(); len(got) != 1 || got[0].Result != applet.Signed {
		t.Errorf("answered %+v", got)
	}
}

// wordy is a transfer that takes several segments.
func wordy(n byte) applet.Statement {
	s := transfer(n)
	subject := s.Subject.(applet.Transfer)
	subject.Memo = "很长的附言很长的附言很长的附言很长的附言很长的附言"
	s.Subject = subject
	return s
}
