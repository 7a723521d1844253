package softsim_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
)

// attached serves a card on one end of a pipe and returns the other, the reader's.
func attached(t *testing.T, ctx context.Context) (reader net.Conn, served <-chan error) {
	t.Helper()
	reader, conn := net.Pipe()
	card := newCard(t)
	done := make(chan error, 1)
	go func() { done <- card.ServeVPCD(ctx, conn) }()
	t.Cleanup(func() { _ = reader.Close() })
	return reader, done
}

func say(t *testing.T, reader net.Conn, message string) {
	t.Helper()
	octets := unhex(t, message)
	if _, err := reader.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(octets))), octets...)); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, reader net.Conn, want string) {
	t.Helper()
	expected := unhex(t, want)
	got := make([]byte, 2+len(expected))
	if _, err := io.ReadFull(reader, got); err != nil {
		t.Fatal(err)
	}
	if int(binary.BigEndian.Uint16(got)) != len(expected) || string(got[2:]) != string(expected) {
		t.Errorf("heard % x, want % x", got, expected)
	}
}

func TestVPCD(t *testing.T) {
	reader, served := attached(t, t.Context())
	say(t, reader, "01")
	say(t, reader, "04")
	hear(t, reader, "3b078031e073f22100")
	say(t, reader, "00a4000c022fe2")
	hear(t, reader, "9000")
	say(t, reader, "00b000000a")
	hear(t, reader, "986800214365870921439000")
	say(t, reader, "02")
	say(t, reader, "00b000000a")
	hear(t, reader, "6986")
	say(t, reader, "00a4000c022fe2")
	hear(t, reader, "9000")
	say(t, reader, "00") // power off
	say(t, reader, "01")
	say(t, reader, "00b000000a")
	hear(t, reader, "6986")
	say(t, reader, "7f") // control that does not exist
	say(t, reader, "0001")
	hear(t, reader, "6700")
	say(t, reader, "")
	hear(t, reader, "6700")
	_ = reader.Close()
	if err := <-served; err != nil {
		t.Errorf("served until %v", err)
	}
}

func TestVPCDEnds(t *testing.T) {
	t.Run("within a message", func(t *testing.T) {
		reader, served := attached(t, t.Context())
		if _, err := reader.Write([]byte{0, 7, 0, 0xa4}); err != nil {
			t.Fatal(err)
		}
		_ = reader.Close()
		if err := <-served; !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("served until %v", err)
		}
	})
	t.Run("by the context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		reader, served := attached(t, ctx)
		cancel()
		if err := <-served; !errors.Is(err, context.Canceled) {
			t.Errorf("served until %v", err)
		}
		if _, err := reader.Read(make([]byte, 1)); err == nil {
			t.Error("the connection is open")
		}
	})
}
