package gateway

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
)

// importHeader is the first line of an import file.
const importHeader = "simtrust-cards 1"

// maxLine bounds a line of an import file, in octets.
const maxLine = 1024

// LineError says what is wrong with a line, or with its card. It holds no identity and no key.
type LineError struct {
	Line int
	Msg  string
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }

// ErrNoCards reports a file that is none of cards: it does not begin with "simtrust-cards 1".
var ErrNoCards = errors.New("line 1: a file of cards begins with " + importHeader)

// FileCard is a card of a file. Read is how many octets of the file have been read up to it.
type FileCard struct {
	Personalisation
	Line int
	Read int64
}

// ReadCards reads a file of cards. The first line is "simtrust-cards 1"; each further one is a card,
//
//	ICCID IMSI ALGORITHM KEYSET KIC KID [BEARER]
//
// in words parted by spaces: ALGORITHM is aes or, where legacy is set, 3des; KEYSET is 1 to 15; KIC and KID are the keys in
// hexadecimal, wrapped by the transport key (RFC 3394); BEARER is sms, also where it is absent, or polling. Empty lines and those that
// begin with # are skipped. A line that is no card yields a *[LineError], and reading goes on; any other error is the last.
func ReadCards(r io.Reader, transport TransportKey, legacy bool) iter.Seq2[FileCard, error] {
	return func(yield func(FileCard, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, maxLine)
		var c FileCard
		for lines.Scan() {
			c.Line++
			c.Read += int64(len(lines.Bytes())) + 1
			line := strings.TrimSpace(lines.Text())
			switch {
			case c.Line == 1 && line != importHeader:
				yield(FileCard{}, ErrNoCards)
				return
			case c.Line == 1, line == "", strings.HasPrefix(line, "#"):
				continue
			}
			var err error
			if c.Personalisation, err = readCard(strings.Fields(line), transport, legacy); err != nil {
				err = &LineError{c.Line, err.Error()}
			}
			if !yield(c, err) {
				return
			}
		}
		switch err := lines.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			yield(FileCard{}, fmt.Errorf("line %d is longer than %d octets", c.Line+1, maxLine))
		case err != nil:
			yield(FileCard{}, err)
		case c.Line == 0:
			yield(FileCard{}, ErrNoCards)
		}
	}
}

func readCard(words []string, transport TransportKey, legacy bool) (p Personalisation, err error) {
	switch len(words) {
	case 6:
	case 7:
		p.Way = Way(words[6])
	default:
		return p, fmt.Errorf("%d words; a card has six or seven: ICCID IMSI ALGORITHM KEYSET KIC KID [BEARER]", len(words))
	}
	p.ICCID, p.IMSI = words[0], words[1]
	switch words[2] {
	case algorithmAES:
	case algorithm3DES:
		if p.Legacy = true; !legacy {
			return p, errors.New("triple DES keys; add --legacy to take such cards in")
		}
	default:
		return p, errors.New("the algorithm is aes or 3des")
	}
	if p.KeySet, err = strconv.Atoi(words[3]); err != nil {
		return p, errors.New("the key set is a number from 1 to 15")
	}
	if p.KIc, err = unwrapHex(transport, words[4]); err != nil {
		return p, fmt.Errorf("KIC: %w", err)
	}
	if p.KID, err = unwrapHex(transport, words[5]); err != nil {
		return p, fmt.Errorf("KID: %w", err)
	}
	return p, p.fault()
}

func unwrapHex(transport TransportKey, text string) ([]byte, error) {
	wrapped, err := hex.DecodeString(text)
	if err != nil {
		return nil, errors.New("not hexadecimal")
	}
	return transport.Unwrap(wrapped)
}
