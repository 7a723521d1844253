package gateway

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// importHeader is the first line of an import file.
const importHeader = "simtrust-cards 1"

// maxLine bounds a line of an import file.
const maxLine = 1024

// ReadImport reads a file of cards and gives them to each one by one. The first line is "simtrust-cards 1"; each further one is a card,
//
//	ICCID IMSI ALGORITHM KEYSET KIC KID
//
// in words parted by spaces: ALGORITHM is aes or, where legacy is set, 3des; KEYSET is 1 to 15; KIC and KID are the keys in
// hexadecimal, wrapped by the transport key (RFC 3394). Empty lines and those that begin with # are skipped. Errors name the line and
// no key.
func ReadImport(r io.Reader, transport TransportKey, legacy bool, each func(Personalisation) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	number := 0
	for lines.Scan() {
		number++
		line := strings.TrimSpace(lines.Text())
		if number == 1 {
			if line != importHeader {
				return fmt.Errorf("line 1: a file of cards begins with %q", importHeader)
			}
			continue
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		p, err := readCard(strings.Fields(line), transport, legacy)
		if err == nil {
			err = each(p)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	if number == 0 && lines.Err() == nil {
		return errors.New("the file is empty")
	}
	return lines.Err()
}

func readCard(words []string, transport TransportKey, legacy bool) (p Personalisation, err error) {
	if len(words) != 6 {
		return p, fmt.Errorf("%d words; a card has six: ICCID IMSI ALGORITHM KEYSET KIC KID", len(words))
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
		return p, fmt.Errorf("KIc: %w", err)
	}
	if p.KID, err = unwrapHex(transport, words[5]); err != nil {
		return p, fmt.Errorf("KID: %w", err)
	}
	return p, p.check()
}

func unwrapHex(transport TransportKey, text string) ([]byte, error) {
	wrapped, err := hex.DecodeString(text)
	if err != nil {
		return nil, errors.New("not hexadecimal")
	}
	return transport.Unwrap(wrapped)
}
