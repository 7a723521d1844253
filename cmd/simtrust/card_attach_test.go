package main

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simtrust/simshield/softsim"
)

// newCardFile makes a card, and leaves it switched off.
func newCardFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "card.sim")
	card, err := softsim.Create(file, softsim.Personalisation{ICCID: "8986001234567890123", IMSI: "460001234567890", MNCLength: 2,
		SIMPIN: "1234", LoginPIN: "2580", SigningPIN: "147258"})
	if err != nil {
		t.Fatal(err)
	}
	if err := card.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

// exchange is what a virtual reader says to a card, and hears.
func exchange(t *testing.T, card net.Conn, message string) string {
	t.Helper()
	if _, err := card.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)); err != nil {
		t.Fatal(err)
	}
	var length [2]byte
	if _, err := io.ReadFull(card, length[:]); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(card, answer); err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// TestCardAttach: the card answers what a reader asks, is nobody else's meanwhile, and comes out when the reader goes away or the command ends.
func TestCardAttach(t *testing.T) {
	file := newCardFile(t)
	reader, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	for _, end := range []string{"the reader goes away", "the command ends"} {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- run(ctx, []string{"card", "attach", file, "--reader", reader.Addr().String()}) }()
		card, err := reader.Accept()
		if err != nil {
			t.Fatal(err)
		}
		const reset, selectICCID, read = "\x04", "\x00\xa4\x00\x0c\x02\x2f\xe2", "\x00\xb0\x00\x00\x0a"
		if atr := exchange(t, card, reset); atr != "\x3b\x07\x80\x31\xe0\x73\xf2\x21\x00" {
			t.Errorf("%s: ATR % x", end, atr)
		}
		if sw, iccid := exchange(t, card, selectICCID), exchange(t, card, read); sw != "\x90\x00" || !strings.HasPrefix(iccid, "\x98\x68\x00\x21\x43\x65\x87\x09\x21") {
			t.Errorf("%s: % x % x", end, sw, iccid)
		}
		if err := run(t.Context(), []string{"card", "attach", file, "--reader", reader.Addr().String()}); err == nil || !strings.Contains(err.Error(), "is in a phone of the sandbox, or in a reader") {
			t.Errorf("%s: attached twice: %v", end, err)
		}
		if end == "the command ends" {
			cancel()
		}
		_ = card.Close()
		if err := <-done; err != nil {
			t.Errorf("%s: %v", end, err)
		}
		cancel()
	}
}

// TestCardAttachRefused: no card, what is no card, no reader.
func TestCardAttachRefused(t *testing.T) {
	file, absent, other := newCardFile(t), filepath.Join(t.TempDir(), "absent.sim"), filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("no card"), 0o600); err != nil {
		t.Fatal(err)
	}
	const reader = "127.0.0.1:1" // a port the system gives nobody
	for path, want := range map[string]string{absent: "in the folder cards below its data", other: "damaged", file: "start pcscd with vsmartcard-vpcd"} {
		if err := run(t.Context(), []string{"card", "attach", path, "--reader", reader}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := reopen(file); err != nil {
		t.Error("the card stays locked:", err)
	}
}

func reopen(file string) error {
	card, err := openAttached(file)
	if err != nil {
		return err
	}
	return card.Close()
}
