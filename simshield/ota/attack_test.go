package ota_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"testing"

	"simtrust/simshield/ota"
)

// signedOrCiphered is what no answer to an unauthentic command may be.
func signedOrCiphered(t *testing.T, k *ota.Keys, c ota.Command) {
	t.Helper()
	report, err := k.AppendResponse(nil, c, ota.ChecksumFailed, []byte("chosen"))
	if !errors.Is(err, ota.ErrUnauthentic) || report != nil {
		t.Errorf("secured report on an unauthentic command: %x, %v", report, err)
	}
}

// TestAttackWrongChecksumNohl: Nohl's attack of 2013 took the checksum that cards put on the report of a command they could not
// verify. Every changed bit after the clear octets is one refusal, without a counter, and its report is 13 known octets.
func TestAttackWrongChecksumNohl(t *testing.T) {
	for _, k := range []*ota.Keys{aesKeys(t, 16), legacyKeys(t, 16)} {
		packet := sealed(t, k, command(8, []byte("data")))
		for bit := range (len(packet) - 10) * 8 {
			forged := bytes.Clone(packet)
			forged[10+bit/8] ^= 1 << (bit % 8)
			c, status := k.OpenCommand(nil, forged, ota.Gate{Last: 7})
			if status != ota.ChecksumFailed || c.Counter != 0 || c.Data != nil {
				t.Fatalf("bit %d: %v, %+v", bit, status, c)
			}
			signedOrCiphered(t, k, c)
		}
	}
	want := []byte{0, 0x0B, 0x0A, 0xB0, 0x10, 0x01, 0, 0, 0, 0, 0, 0, 0x01}
	if got := ota.AppendRefusal(nil, bank, ota.ChecksumFailed); !bytes.Equal(got, want) {
		t.Errorf("refusal %x, want %x", got, want)
	}
}

// TestAttackReportOnForeignCommand: nobody gets a checksum over a command that was not opened, such as one made up by hand.
func TestAttackReportOnForeignCommand(t *testing.T) {
	signedOrCiphered(t, aesKeys(t, 16), command(8, nil))
	signedOrCiphered(t, aesKeys(t, 16), ota.Command{})
}

// TestAttackHeaderDowngrade changes the clear octets to every other value: none is opened, and all that is below the profile is
// 0A, in spite of a checksum that was right before.
func TestAttackHeaderDowngrade(t *testing.T) {
	k := aesKeys(t, 16)
	packet := sealed(t, k, command(8, []byte("data")))
	for at := 3; at <= 6; at++ { // SPI, KIc, KID
		for value := range 256 {
			if byte(value) == packet[at] {
				continue
			}
			forged := bytes.Clone(packet)
			forged[at] = byte(value)
			want := ota.InsufficientSecurity
			if at == 3 && value == 0x1E || at == 4 && value == 0x39 { // sound, but not what was authenticated
				want = ota.ChecksumFailed
			}
			c, status := k.OpenCommand(nil, forged, ota.Gate{Last: 7})
			if status != want {
				t.Errorf("octet %d = %02x: %v", at, value, status)
			}
			signedOrCiphered(t, k, c)
		}
	}
}

// TestAttackWeakPackets: whole packets as weak cards accept them.
func TestAttackWeakPackets(t *testing.T) {
	k := aesKeys(t, 16)
	body := []byte{0, 0, 0, 0, 8, 0}
	crc := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte("data")))
	for name, packet := range map[string][]byte{
		"open (Simjacker)":       wrap(0x0D, 0x0000, 0x00, 0x00, append(body, "data"...)),
		"no security, a counter": wrap(0x0D, 0x1000, 0x12, 0x12, append(body, "data"...)),
		"redundancy check":       wrap(0x11, 0x1101, 0x12, 0x15, slices.Concat(body, crc, []byte("data"))),
		"ciphering only":         wrap(0x0D, 0x1419, 0x12, 0x12, make([]byte, 32)),
		"checksum only":          wrap(0x15, 0x1219, 0x12, 0x12, make([]byte, 32)),
		"short checksum":         wrap(0x11, 0x1619, 0x12, 0x12, make([]byte, 32)),
		"no checksum, SPI sound": wrap(0x0D, 0x1619, 0x12, 0x12, make([]byte, 32)),
		"single DES":             wrap(0x15, 0x1619, 0x11, 0x11, make([]byte, 32)),
		"DES in ECB":             wrap(0x15, 0x1619, 0x1D, 0x11, make([]byte, 32)),
		"3DES against AES keys":  wrap(0x15, 0x1619, 0x15, 0x15, make([]byte, 32)),
		"3DES checksum only":     wrap(0x15, 0x1619, 0x12, 0x15, make([]byte, 32)),
		"implicit algorithms":    wrap(0x15, 0x1619, 0x10, 0x10, make([]byte, 32)),
		"key set 0":              wrap(0x15, 0x1619, 0x02, 0x02, make([]byte, 32)),
		"another key set":        wrap(0x15, 0x1619, 0x22, 0x22, make([]byte, 32)),
		"two key sets":           wrap(0x15, 0x1619, 0x12, 0x22, make([]byte, 32)),
	} {
		c, status := k.OpenCommand(nil, packet, ota.Gate{})
		if status != ota.InsufficientSecurity || c.Data != nil {
			t.Errorf("%s: %v", name, status)
		}
		signedOrCiphered(t, k, c)
	}
}

// wrap puts a header before the octets of a command.
func wrap(chl byte, spi uint16, kic, kid byte, rest []byte) []byte {
	packet := []byte{0, 0, chl, byte(spi >> 8), byte(spi), kic, kid, bank[0], bank[1], bank[2]}
	packet = append(packet, rest...)
	binary.BigEndian.PutUint16(packet, uint16(len(packet)-2))
	return packet
}

func TestAttackHeaderKeySet(t *testing.T) {
	for octets, want := range map[[2]byte]int{{0x12, 0x12}: 1, {0xF2, 0xF2}: 15, {0x02, 0x02}: 0, {0x12, 0x22}: 0, {0x00, 0x12}: 0} {
		h, err := ota.ReadHeader(wrap(0x15, 0x1619, octets[0], octets[1], make([]byte, 32)))
		if err != nil || h.KeySet() != want {
			t.Errorf("%x: key set %d, %v", octets, h.KeySet(), err)
		}
	}
}

// TestAttackUnknownTAR: the card reads the TAR before it has keys, and answers 09 without security. A TAR that was changed on the
// way is a wrong checksum for the application it now names.
func TestAttackUnknownTAR(t *testing.T) {
	k := aesKeys(t, 16)
	packet := sealed(t, k, command(8, []byte("data")))
	packet[9] ^= 0x40
	h, err := ota.ReadHeader(packet)
	if err != nil || h.TAR == bank {
		t.Fatalf("%+v, %v", h, err)
	}
	if _, status := k.OpenCommand(nil, packet, ota.Gate{Last: 7}); status != ota.ChecksumFailed {
		t.Errorf("another TAR: %v", status)
	}
	refusal := ota.AppendRefusal(nil, h.TAR, ota.UnknownTAR)
	if _, err := k.OpenResponse(nil, refusal); !errors.Is(err, ota.ErrUnsecured) {
		t.Errorf("refusal taken as a report: %v", err)
	}
	if r, err := ota.ReadRefusal(refusal); err != nil || r.Status != ota.UnknownTAR || r.TAR != h.TAR || r.Counter != 0 || len(r.Data) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestAttackLengths: truncated, extended and contradicting lengths. None opens; what names its TAR is refused by status.
func TestAttackLengths(t *testing.T) {
	k := aesKeys(t, 16)
	packet := sealed(t, k, command(8, []byte("data")))
	for size := range packet {
		checkLengths(t, k, packet[:size])
		shorter := bytes.Clone(packet[:size])
		if size >= 2 { // with CPL put right
			binary.BigEndian.PutUint16(shorter, uint16(size-2))
			checkLengths(t, k, shorter)
		}
	}
	for extra := 1; extra <= 40; extra++ {
		longer := append(bytes.Clone(packet), make([]byte, extra)...)
		checkLengths(t, k, longer)
		binary.BigEndian.PutUint16(longer, uint16(len(longer)-2))
		checkLengths(t, k, longer)
	}
	for chl := range 256 {
		forged := bytes.Clone(packet)
		if forged[2] = byte(chl); chl != 0x15 {
			checkLengths(t, k, forged)
		}
	}
}

func checkLengths(t *testing.T, k *ota.Keys, packet []byte) {
	t.Helper()
	c, status := k.OpenCommand(nil, packet, ota.Gate{Last: 7})
	if status == ota.OK || c.Data != nil || c.Counter != 0 {
		t.Errorf("opened %x: %+v", packet, c)
	}
	signedOrCiphered(t, k, c)
}

func TestLengthStatuses(t *testing.T) {
	k := aesKeys(t, 16)
	for name, c := range map[string]struct {
		packet []byte
		want   ota.Status
	}{
		"no packet":          {nil, ota.SecurityError},
		"CPL too high":       {append([]byte{0, 99}, sealed(t, k, command(8, nil))[2:]...), ota.SecurityError},
		"checksum of 4":      {wrap(0x11, 0x1619, 0x12, 0x12, make([]byte, 32)), ota.InsufficientSecurity},
		"checksum of 9":      {wrap(0x16, 0x1619, 0x12, 0x12, make([]byte, 32)), ota.SecurityError},
		"no whole blocks":    {wrap(0x15, 0x1619, 0x12, 0x12, make([]byte, 31)), ota.CipheringError},
		"3DES blocks to AES": {wrap(0x15, 0x1619, 0x12, 0x12, make([]byte, 24)), ota.CipheringError},
		"whole blocks":       {wrap(0x15, 0x1619, 0x12, 0x12, make([]byte, 32)), ota.ChecksumFailed},
	} {
		if _, status := k.OpenCommand(nil, c.packet, ota.Gate{}); status != c.want {
			t.Errorf("%s: %v, want %v", name, status, c.want)
		}
	}
}

// TestAttackReplayAndReorder: an accepted packet again, and one kept back until a later one was accepted.
func TestAttackReplayAndReorder(t *testing.T) {
	k := aesKeys(t, 16)
	first, second := sealed(t, k, command(8, []byte("first"))), sealed(t, k, command(9, []byte("second")))
	c, status := k.OpenCommand(nil, second, ota.Gate{Last: 7})
	if status != ota.OK {
		t.Fatal(status)
	}
	for _, packet := range [][]byte{first, second} {
		late, status := k.OpenCommand(nil, packet, ota.Gate{Last: c.Counter})
		if status != ota.CounterLow || late.Data != nil {
			t.Errorf("%v, %+v", status, late)
		}
	}
}

// TestAttackCounterJump: somebody without the keys sends FF FF FF FF FE or FF to use up the counter. The checksum fails first and
// no counter comes out. Even with the keys the last counter is not accepted, since it would block the card for good.
func TestAttackCounterJump(t *testing.T) {
	stranger, err := ota.NewKeys(1, key(0x40, 16), key(0x41, 16))
	if err != nil {
		t.Fatal(err)
	}
	k := aesKeys(t, 16)
	for _, counter := range []ota.Counter{9, ota.Ceiling - 1, ota.Ceiling} {
		c, status := k.OpenCommand(nil, sealed(t, stranger, command(counter, []byte("data"))), ota.Gate{Last: 7})
		if status != ota.ChecksumFailed || c.Counter != 0 {
			t.Errorf("%d with other keys: %v, %+v", counter, status, c)
		}
		signedOrCiphered(t, k, c)
	}
	for _, counter := range []ota.Counter{ota.Blocked - 1, ota.Blocked} {
		if _, err := k.AppendCommand(nil, command(counter, nil)); !errors.Is(err, ota.ErrCommand) {
			t.Errorf("built with %X: %v", uint64(counter), err)
		}
	}
}

// TestAttackForgedReport: every changed bit of a report, a report of another card, a command sent back, one without security.
func TestAttackForgedReport(t *testing.T) {
	k := aesKeys(t, 16)
	packet := sealed(t, k, command(8, []byte("data")))
	c, _ := k.OpenCommand(nil, packet, ota.Gate{Last: 7})
	report, err := k.AppendResponse(nil, c, ota.OK, []byte("signature"))
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(report) * 8 {
		forged := bytes.Clone(report)
		forged[bit/8] ^= 1 << (bit % 8)
		if r, err := k.OpenResponse(nil, forged); err == nil || r.Data != nil {
			t.Fatalf("bit %d: %+v", bit, r)
		}
	}
	for size := range report {
		if _, err := k.OpenResponse(nil, report[:size]); !errors.Is(err, ota.ErrMalformed) {
			t.Errorf("first %d octets: %v", size, err)
		}
	}
	other, err := ota.NewKeys(1, key(0x40, 16), key(0x41, 16))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.OpenResponse(nil, report); !errors.Is(err, ota.ErrUnauthentic) {
		t.Errorf("report of another card: %v", err)
	}
	if _, err := k.OpenResponse(nil, packet); err == nil {
		t.Error("command taken as a report")
	}
	if _, status := k.OpenCommand(nil, report, ota.Gate{}); status == ota.OK {
		t.Error("report taken as a command")
	}
	if _, err := k.OpenResponse(nil, append([]byte{0, 0x0B, 0x0A}, make([]byte, 10)...)); !errors.Is(err, ota.ErrUnsecured) {
		t.Errorf("without security: %v", err)
	}
}

func TestRefusalIsStrict(t *testing.T) {
	for name, packet := range map[string][]byte{
		"empty":        {},
		"cut":          {0, 0x0B, 0x0A, 0xB0},
		"RPL":          {0, 0x0C, 0x0A, 0xB0, 0x10, 1, 0, 0, 0, 0, 0, 0, 1},
		"RHL too low":  {0, 0x0B, 0x09, 0xB0, 0x10, 1, 0, 0, 0, 0, 0, 0, 1},
		"RHL too high": {0, 0x0B, 0x0B, 0xB0, 0x10, 1, 0, 0, 0, 0, 0, 0, 1},
		"padding":      {0, 0x0B, 0x0A, 0xB0, 0x10, 1, 0, 0, 0, 0, 0, 1, 1},
	} {
		if r, err := ota.ReadRefusal(packet); !errors.Is(err, ota.ErrMalformed) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}
