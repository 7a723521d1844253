package ota_test

import (
	"bytes"
	"testing"

	"simtrust/internal/sms"
	"simtrust/simshield/ota"
)

// FuzzOpenCommand: octets from outside panic nothing and open only if the keys would build them again, but for padding octets.
func FuzzOpenCommand(f *testing.F) {
	k := aesKeys(f, 16)
	f.Fuzz(func(t *testing.T, packet []byte) {
		kept := bytes.Clone(packet)
		c, status := k.OpenCommand(make([]byte, 0, len(packet)+ota.Room), packet, ota.Gate{})
		if !bytes.Equal(packet, kept) {
			t.Fatal("the packet was changed")
		}
		if h, err := ota.ReadHeader(packet); status == ota.OK && (err != nil || h.SPI != c.SPI || h.TAR != c.TAR || h.KeySet() != 1) {
			t.Errorf("opened against its header %+v, %v", h, err)
		}
		if status == ota.OK && !bytes.Equal(sealed(t, k, c), packet) {
			t.Errorf("not what the keys make: %x", packet)
		}
	})
}

// FuzzOpenResponse is FuzzOpenCommand for reports, with and without security.
func FuzzOpenResponse(f *testing.F) {
	k := aesKeys(f, 16)
	c, status := k.OpenCommand(nil, sealed(f, k, command(1, nil)), ota.Gate{})
	if status != ota.OK {
		f.Fatal(status)
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		r, err := k.OpenResponse(nil, packet)
		if err == nil && r.TAR == c.TAR && r.Counter == c.Counter {
			if again, err := k.AppendResponse(nil, c, r.Status, r.Data); err != nil || !bytes.Equal(again, packet) {
				t.Errorf("not what the keys make: %x", packet)
			}
		}
		refusal, plain := ota.ReadRefusal(packet)
		if plain == nil && err == nil {
			t.Error("both secured and not")
		}
		if plain == nil && len(refusal.Data) == 0 && refusal.Counter == 0 &&
			!bytes.Equal(ota.AppendRefusal(nil, refusal.TAR, refusal.Status), packet) {
			t.Errorf("refusal %x", packet)
		}
	})
}

// FuzzSegments: any TPDU goes through the readers, and a packet comes back from its segments as it went.
func FuzzSegments(f *testing.F) {
	at := stamp(f)
	f.Fuzz(func(t *testing.T, octets []byte, reference byte) {
		card, server := ota.CollectCommands[sms.Address](limits), ota.CollectResponses[string](limits)
		if from, u, err := ota.ReadDeliver(octets); err == nil {
			_, _, _ = card.Add(from, u, noon)
		}
		if u, err := ota.ReadSubmit(octets); err == nil {
			packet, complete, err := server.Add("x", u, noon)
			joined, joinErr := ota.JoinSubmits([][]byte{octets})
			if (complete && err == nil) != (joinErr == nil) || !bytes.Equal(packet, joined) {
				t.Errorf("collected %x, %v; joined %x, %v", packet, err, joined, joinErr)
			}
		}
		if packet, err := ota.ReadDeliverReport(octets); err == nil {
			_, _ = ota.ReadRefusal(packet)
		}
		tpdus, err := ota.Segments(octets, centre, at, reference)
		if err != nil {
			return
		}
		whole, last := ota.CollectCommands[string](limits), len(tpdus)-1
		for i, tpdu := range tpdus {
			packet, complete, err := whole.Add("card", userData(t, tpdu), noon)
			if err != nil || complete != (i == last) || complete && !bytes.Equal(packet, octets) {
				t.Errorf("segment %d of %d: %t, %v", i, last, complete, err)
			}
		}
	})
}
