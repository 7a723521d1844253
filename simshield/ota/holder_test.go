package ota

import (
	"errors"
	"testing"
)

// What only a holder of the keys can send, and AppendCommand and AppendResponse never build.

func holderKeys(t *testing.T) *Keys {
	t.Helper()
	k, err := NewKeys(1, []byte("0123456789abcdef"), []byte("fedcba9876543210"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// forge seals a command of 18 octets of data with any counter and padding count.
func (k *Keys) forge(t *testing.T, counter Counter, padding byte) []byte {
	t.Helper()
	_, packet, err := k.grow(commandForm, nil, make([]byte, 18))
	if err != nil {
		t.Fatal(err)
	}
	copy(packet[3:], []byte{0x16, 0x19, k.kic, k.kid, 1, 2, 3})
	counter.put(packet[commandForm.ciphered:])
	packet[commandForm.padding] = padding
	k.seal(commandForm, packet)
	return packet
}

// TestAttackPaddingCount: a padding count beyond the data or of a block and more, under a right checksum, is the same refusal as a
// wrong checksum: no oracle, and no secured report.
func TestAttackPaddingCount(t *testing.T) {
	k := holderKeys(t)
	for padding := range 256 {
		c, status := k.OpenCommand(nil, k.forge(t, 8, byte(padding)), Gate{Last: 7})
		if padding < 16 {
			if status != OK || len(c.Data) != 18-padding {
				t.Errorf("%d octets of padding: %v, %d octets", padding, status, len(c.Data))
			}
			continue
		}
		if status != ChecksumFailed || c.Counter != 0 || c.Data != nil {
			t.Errorf("%d octets of padding: %v, %+v", padding, status, c)
		}
		if _, err := k.AppendResponse(nil, c, status, nil); !errors.Is(err, ErrUnauthentic) {
			t.Errorf("%d octets of padding: secured report", padding)
		}
	}
}

func TestAttackPaddingCountOfReport(t *testing.T) {
	k := holderKeys(t)
	for _, padding := range []byte{4, 15, 16, 255} { // of 3 octets of data
		_, packet, err := k.grow(responseForm, nil, make([]byte, 3))
		if err != nil {
			t.Fatal(err)
		}
		packet[responseForm.padding] = padding
		k.seal(responseForm, packet)
		r, err := k.OpenResponse(nil, packet)
		if padding < 16 && err != nil || padding >= 16 && !errors.Is(err, ErrUnauthentic) {
			t.Errorf("%d octets of padding: %+v, %v", padding, r, err)
		}
	}
}

// TestAttackLastCounters: the right keys with the counters at the end. FF FF FF FF FF is blocked, and FF FF FF FF FE leaves a card
// that takes nothing more; our server sends neither.
func TestAttackLastCounters(t *testing.T) {
	k := holderKeys(t)
	for _, c := range []struct {
		last, got Counter
		want      Status
	}{
		{7, Blocked - 1, OK},
		{7, Blocked, CounterBlocked},
		{Blocked - 1, Blocked, CounterBlocked},
		{Blocked - 1, Blocked - 1, CounterLow},
		{Blocked, Blocked, CounterBlocked},
		{7, 0, CounterLow},
		{0, 0, CounterLow},
	} {
		got, status := k.OpenCommand(nil, k.forge(t, c.got, 0), Gate{Last: c.last})
		if status != c.want || got.Counter != c.got {
			t.Errorf("last %X, got %X: %v", uint64(c.last), uint64(c.got), status)
		}
	}
}

// TestKeySetsAreDomains: a checksum of one key set says nothing under another, since the header names the set.
func TestKeySetsAreDomains(t *testing.T) {
	k := holderKeys(t)
	packet := k.forge(t, 8, 0)
	other := *k
	other.kic, other.kid = 0x22, 0x22
	if _, status := other.OpenCommand(nil, packet, Gate{Last: 7}); status != InsufficientSecurity {
		t.Errorf("as it is: %v", status)
	}
	packet[5], packet[6] = 0x22, 0x22
	if _, status := other.OpenCommand(nil, packet, Gate{Last: 7}); status != ChecksumFailed {
		t.Errorf("renamed: %v", status)
	}
}
