package ota_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"simtrust/simshield/ota"
)

var bank = ota.TAR{0xB0, 0x10, 0x01}

// key returns size octets that differ with seed.
func key(seed byte, size int) []byte {
	k := make([]byte, size)
	for i := range k {
		k[i] = seed + byte(i)*7
	}
	return k
}

func aesKeys(t testing.TB, size int) *ota.Keys {
	t.Helper()
	k, err := ota.NewKeys(1, key(0x11, size), key(0x83, size))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func legacyKeys(t testing.TB, size int) *ota.Keys {
	t.Helper()
	k, err := ota.NewLegacyKeys(1, key(0x11, size), key(0x83, size))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func command(counter ota.Counter, data []byte) ota.Command {
	return ota.Command{SPI: ota.Default, TAR: bank, Counter: counter, Data: data}
}

func sealed(t testing.TB, k *ota.Keys, c ota.Command) []byte {
	t.Helper()
	packet, err := k.AppendCommand(nil, c)
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

func TestCommandAndReport(t *testing.T) {
	for name, k := range map[string]*ota.Keys{
		"AES-128": aesKeys(t, 16), "AES-192": aesKeys(t, 24), "AES-256": aesKeys(t, 32), "3DES-2": legacyKeys(t, 16), "3DES-3": legacyKeys(t, 24),
	} {
		t.Run(name, func(t *testing.T) {
			for size := range 120 {
				exchange(t, k, command(ota.Counter(size+1), key(5, size)), key(9, size))
			}
			exchange(t, k, command(1, key(5, 60000)), key(9, 60000))
		})
	}
}

// exchange takes a command to the card and its report back.
func exchange(t *testing.T, k *ota.Keys, c ota.Command, answer []byte) {
	t.Helper()
	prefix := []byte("before")
	packet, err := k.AppendCommand(prefix, c)
	if err != nil || !bytes.HasPrefix(packet, prefix) {
		t.Fatalf("built %x, %v", packet, err)
	}
	got, status := k.OpenCommand(nil, packet[len(prefix):], ota.Gate{Last: c.Counter - 1})
	if status != ota.OK || got.SPI != c.SPI || got.TAR != c.TAR || got.Counter != c.Counter || !bytes.Equal(got.Data, c.Data) {
		t.Fatalf("opened %+v, %v", got, status)
	}
	report, err := k.AppendResponse(nil, got, ota.MoreTime, answer)
	if err != nil {
		t.Fatal(err)
	}
	r, err := k.OpenResponse(nil, report)
	if err != nil || r.TAR != c.TAR || r.Counter != c.Counter || r.Status != ota.MoreTime || !bytes.Equal(r.Data, answer) {
		t.Fatalf("report %+v, %v", r, err)
	}
}

func TestNothingInClear(t *testing.T) {
	k, secret := aesKeys(t, 16), []byte("pay 48000.00 to Zhang San, 6222")
	packet := sealed(t, k, command(1, secret))
	c, _ := k.OpenCommand(nil, packet, ota.Gate{})
	report, err := k.AppendResponse(nil, c, ota.OK, secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, octets := range [][]byte{packet, report} {
		if bytes.Contains(octets, secret[:8]) || bytes.Contains(octets, []byte("6222")) {
			t.Errorf("clear text in %x", octets)
		}
	}
}

func TestBufferIsReused(t *testing.T) {
	k := aesKeys(t, 16)
	packet := sealed(t, k, command(1, []byte("data")))
	kept := bytes.Clone(packet)
	buf := make([]byte, 0, len(packet)+ota.Room)
	c, status := k.OpenCommand(buf, packet, ota.Gate{})
	if status != ota.OK || !bytes.Equal(packet, kept) {
		t.Fatalf("%v, packet %x", status, packet)
	}
	if &c.Data[0] != &buf[:cap(buf)][24] {
		t.Error("the data does not lie in the buffer")
	}
}

func TestServerRefusesToBuild(t *testing.T) {
	k := aesKeys(t, 16)
	for name, c := range map[string]ota.Command{
		"no SPI":             {TAR: bank, Counter: 1},
		"no counter":         {SPI: 0x0619, TAR: bank, Counter: 1},
		"unchecked counter":  {SPI: 0x0E19, TAR: bank, Counter: 1},
		"no ciphering":       {SPI: 0x1219, TAR: bank, Counter: 1},
		"redundancy check":   {SPI: 0x1519, TAR: bank, Counter: 1},
		"signature":          {SPI: 0x1719, TAR: bank, Counter: 1},
		"no report":          {SPI: 0x1600, TAR: bank, Counter: 1},
		"report on error":    {SPI: 0x161A, TAR: bank, Counter: 1},
		"report unsecured":   {SPI: 0x1601, TAR: bank, Counter: 1},
		"report unciphered":  {SPI: 0x1609, TAR: bank, Counter: 1},
		"reserved bits":      {SPI: 0x9619, TAR: bank, Counter: 1},
		"counter 0":          {SPI: ota.Default, TAR: bank},
		"counter at the end": {SPI: ota.Default, TAR: bank, Counter: ota.Blocked},
		"counter before":     {SPI: ota.Default, TAR: bank, Counter: ota.Blocked - 1},
		"beyond the ceiling": {SPI: ota.Default, TAR: bank, Counter: ota.Ceiling + 1},
		"beyond 40 bits":     {SPI: ota.Default, TAR: bank, Counter: ota.Blocked + 2},
	} {
		if packet, err := k.AppendCommand(nil, c); !errors.Is(err, ota.ErrCommand) || packet != nil {
			t.Errorf("%s: %x, %v", name, packet, err)
		}
	}
	if _, err := k.AppendCommand(nil, command(1, make([]byte, 0xFFFF))); !errors.Is(err, ota.ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
}

func TestSPIOptions(t *testing.T) {
	k := aesKeys(t, 16)
	for _, spi := range []ota.SPI{ota.Default, ota.Default | ota.Sequential, ota.Default | ota.BySubmit, ota.Default | ota.Sequential | ota.BySubmit} {
		packet := sealed(t, k, ota.Command{SPI: spi, TAR: bank, Counter: 8})
		for _, level := range []ota.Level{ota.LevelDefault, ota.LevelSequential} {
			want := ota.OK
			if level == ota.LevelSequential && spi&ota.Sequential == 0 {
				want = ota.InsufficientSecurity
			}
			if _, status := k.OpenCommand(nil, packet, ota.Gate{Minimum: level, Last: 7}); status != want {
				t.Errorf("%v at level %d: %v, want %v", spi, level, status, want)
			}
		}
		if _, status := k.OpenCommand(nil, packet, ota.Gate{Minimum: 9, Last: 7}); status != ota.InsufficientSecurity {
			t.Errorf("%v at a level that does not exist: %v", spi, status)
		}
	}
}

func TestCounterAtTheCard(t *testing.T) {
	k := aesKeys(t, 16)
	for _, c := range []struct {
		spi       ota.SPI
		last, got ota.Counter
		want      ota.Status
	}{
		{ota.Default, 0, 1, ota.OK},
		{ota.Default, 7, 8, ota.OK},
		{ota.Default, 7, 5000, ota.OK},
		{ota.Default, 7, 7, ota.CounterLow},
		{ota.Default, 7, 6, ota.CounterLow},
		{ota.Default, ota.Ceiling, ota.Ceiling, ota.CounterLow},
		{ota.Default, ota.Blocked, 8, ota.CounterBlocked},
		{ota.Default | ota.Sequential, 7, 8, ota.OK},
		{ota.Default | ota.Sequential, 7, 9, ota.CounterHigh},
		{ota.Default | ota.Sequential, 7, 7, ota.CounterLow},
	} {
		packet := sealed(t, k, ota.Command{SPI: c.spi, TAR: bank, Counter: c.got, Data: []byte("data")})
		cmd, status := k.OpenCommand(nil, packet, ota.Gate{Last: c.last})
		if status != c.want || cmd.Counter != c.got || (cmd.Data != nil) != (c.want == ota.OK) {
			t.Errorf("%v, last %d, got %d: %v, %+v", c.spi, c.last, c.got, status, cmd)
		}
		report, err := k.AppendResponse(nil, cmd, status, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := k.OpenResponse(nil, report); err != nil || r.Status != c.want || r.Counter != c.got {
			t.Errorf("report %+v, %v", r, err)
		}
	}
}

func TestCounterNext(t *testing.T) {
	for _, c := range []struct {
		from ota.Counter
		step uint32
		want ota.Counter
	}{
		{0, 1, 1}, {41, 1, 42}, {41, 1000, 1041}, {ota.Ceiling - 1, 1, ota.Ceiling},
		{41, 0, 0}, {ota.Ceiling, 1, 0}, {ota.Ceiling - 1, 2, 0}, {ota.Blocked, 1, 0}, {1<<64 - 1, 1, 0}, {ota.Ceiling, 1<<32 - 1, 0},
	} {
		got, err := c.from.Next(c.step)
		if got != c.want || errors.Is(err, ota.ErrExhausted) != (c.want == 0) {
			t.Errorf("%d + %d: %d, %v", c.from, c.step, got, err)
		}
	}
}

func TestUnusableKeys(t *testing.T) {
	a, b := key(1, 16), key(2, 16)
	folded := bytes.Repeat(key(3, 8), 3)
	parity := bytes.Clone(key(3, 16))
	for i := range 8 {
		parity[8+i] = parity[i] ^ 1 // differs in the bits that DES ignores
	}
	for name, err := range map[string]error{
		"key set 0":          refused(ota.NewKeys(0, a, b)),
		"key set 16":         refused(ota.NewKeys(16, a, b)),
		"negative":           refused(ota.NewKeys(-1, a, b)),
		"no keys":            refused(ota.NewKeys(1, nil, nil)),
		"no KIc":             refused(ota.NewKeys(1, nil, b)),
		"short KIc":          refused(ota.NewKeys(1, a[:15], b)),
		"short KID":          refused(ota.NewKeys(1, a, b[:8])),
		"one key":            refused(ota.NewKeys(1, a, bytes.Clone(a))),
		"legacy key set 0":   refused(ota.NewLegacyKeys(0, a, b)),
		"legacy one key":     refused(ota.NewLegacyKeys(1, a, bytes.Clone(a))),
		"single DES":         refused(ota.NewLegacyKeys(1, a[:8], b[:8])),
		"single DES in KID":  refused(ota.NewLegacyKeys(1, a, b[:8])),
		"256 bits of 3DES":   refused(ota.NewLegacyKeys(1, key(1, 32), b)),
		"folded, two keys":   refused(ota.NewLegacyKeys(1, folded[:16], b)),
		"folded, three keys": refused(ota.NewLegacyKeys(1, folded, b)),
		"folded KID":         refused(ota.NewLegacyKeys(1, a, folded)),
		"K2 = K3":            refused(ota.NewLegacyKeys(1, append(key(9, 8), folded[:16]...), b)),
		"folded by parity":   refused(ota.NewLegacyKeys(1, parity, b)),
		"zero":               refused(ota.NewLegacyKeys(1, make([]byte, 16), b)),
	} {
		if !errors.Is(err, ota.ErrKeys) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func refused(_ *ota.Keys, err error) error { return err }

func TestKeysDoNotPrint(t *testing.T) {
	k, err := ota.NewKeys(3, []byte("KKKKKKKKKKKKKKKK"), []byte("MMMMMMMMMMMMMMMM"))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	holder := struct{ K *ota.Keys }{k}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		fmt.Fprintf(&out, verb+" "+verb+" "+verb+"\n", k, *k, holder)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "k", k, "h", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "k", k, "h", holder)
	for _, key := range []string{"KKKK", "MMMM", "4b4b4b", "4d4d4d", "75 75", "77 77", "0x4b"} {
		if strings.Contains(out.String(), key) {
			t.Errorf("%s in\n%s", key, out.String())
		}
	}
	if got := k.String(); got != "ota key set 3 (AES)" {
		t.Error(got)
	}
}

func TestStatusText(t *testing.T) {
	for status, want := range map[ota.Status]string{0: "00 ok", 0x0A: "0A insufficient security level", 0x0C: "0C response by USSD", 0x7F: "7F reserved"} {
		if got := status.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
