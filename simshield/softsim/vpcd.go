package softsim

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
)

// Messages of the reader to the card (vsmartcard, virtual smart card protocol): a length of two octets, then one octet of control,
// or an APDU.
const (
	vpcdOff   = 0x00
	vpcdOn    = 0x01
	vpcdReset = 0x02
	vpcdATR   = 0x04
)

// atr is the answer to reset: direct convention, T=0, and historical bytes (ISO/IEC 7816-4 §12.1.1) with the card service data
// (selection by full and partial AID, EF_DIR) and the card capabilities (selection by path and identifier, record numbers, data units
// of an octet, no logical channels).
var atr = []byte{0x3b, 0x07, 0x80, 0x31, 0xe0, 0x73, 0xf2, 0x21, 0x00}

// ATR returns the answer to reset.
func (c *Card) ATR() []byte { return append([]byte(nil), atr...) }

// ServeVPCD attaches the card to a virtual reader: conn is a connection to the port that Debian's vsmartcard-vpcd listens on. It
// returns nil when the reader closes the connection, ctx's error when ctx ends, and otherwise what went wrong. It closes conn.
func (c *Card) ServeVPCD(ctx context.Context, conn net.Conn) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	err := c.serveReader(conn)
	err = errors.Join(err, ignoreClosed(conn.Close()))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (c *Card) serveReader(conn io.ReadWriter) error {
	for {
		message, err := readMessage(conn)
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		if answer := c.react(message); answer != nil {
			if err := writeMessage(conn, answer); err != nil {
				return err
			}
		}
	}
}

// react answers one message; nil is no answer.
func (c *Card) react(message []byte) []byte {
	if len(message) != 1 {
		return c.Transmit(message)
	}
	switch message[0] {
	case vpcdOff, vpcdOn, vpcdReset:
		c.Reset()
		return nil
	case vpcdATR:
		return c.ATR()
	default:
		return nil
	}
}

func readMessage(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(r, message); err != nil {
		return nil, err
	}
	return message, nil
}

func writeMessage(w io.Writer, message []byte) error {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(message)))
	_, err := w.Write(append(b, message...))
	return err
}
