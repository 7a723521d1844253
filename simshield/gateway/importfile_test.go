package gateway_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	josecipher "github.com/go-jose/go-jose/v4/cipher"

	"simtrust/simshield/gateway"
)

var transportKey = bytes.Repeat([]byte{7}, 32)

func transport(t testing.TB) gateway.TransportKey {
	t.Helper()
	k, err := gateway.NewTransportKey(transportKey)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// wrapped is a key as an import file has it.
func wrapped(t testing.TB, key []byte) string {
	t.Helper()
	block, err := aes.NewCipher(transportKey)
	if err != nil {
		t.Fatal(err)
	}
	w, err := josecipher.KeyWrap(block, key)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(w)
}

// line is a card as an import file has it.
func line(t testing.TB, p gateway.Personalisation) string {
	t.Helper()
	algorithm := "aes"
	if p.Legacy {
		algorithm = "3des"
	}
	return fmt.Sprintf("%s %s %s %d %s %s\n", p.ICCID, p.IMSI, algorithm, p.KeySet, wrapped(t, p.KIc), wrapped(t, p.KID))
}

const header = "simtrust-cards 1\n"

func legacy(p gateway.Personalisation) gateway.Personalisation {
	p.Legacy = true
	p.KIc, p.KID = []byte("0123456789abcdef"), []byte("fedcba9876543210")
	return p
}

func TestReadCards(t *testing.T) {
	a, b := newCard(t, 1).personal, newCard(t, 2).personal
	b.KIc, b.KID = bytes.Repeat([]byte{1, 2}, 16), bytes.Repeat([]byte{3, 4}, 16)
	old := legacy(newCard(t, 3).personal)
	text := header + "# a comment\n\n  " + line(t, a) + strings.ReplaceAll(line(t, b), "\n", "\r\n") + strings.TrimSuffix(line(t, old), "\n")
	var got []gateway.FileCard
	for c, err := range gateway.ReadCards(strings.NewReader(text), transport(t), true) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c)
	}
	for i, want := range []gateway.Personalisation{a, b, old} {
		p := got[i].Personalisation
		same := p.ICCID == want.ICCID && p.IMSI == want.IMSI && p.KeySet == want.KeySet && p.Legacy == want.Legacy &&
			bytes.Equal(p.KIc, want.KIc) && bytes.Equal(p.KID, want.KID)
		if !same || got[i].Line != 4+i {
			t.Errorf("card %d, line %d: %+v", i, got[i].Line, p)
		}
	}
}

func TestReadCardsReportsBadLinesAndGoesOn(t *testing.T) {
	p := newCard(t, 1).personal
	good := strings.Fields(line(t, p))
	with := func(word int, text string) string {
		words := slices.Clone(good)
		words[word] = text
		return strings.Join(words, " ") + "\n"
	}
	bad := map[string]string{
		"five words":               strings.Join(good[:5], " ") + "\n",
		"seven words":              strings.Join(good, " ") + " more\n",
		"an ICCID with a letter":   with(0, "8986001234567890000F"),
		"a short ICCID":            with(0, "8986"),
		"an ICCID of other digits": with(0, "８９８６００１２３４５６７８９００００１"),
		"a long IMSI":              with(1, "4600012345600011"),
		"an IMSI with a sign":      with(1, "+46000123456001"),
		"no algorithm":             with(2, "des"),
		"triple DES unasked":       line(t, legacy(p)),
		"key set 0":                with(3, "0"),
		"key set 16":               with(3, "16"),
		"a key set in words":       with(3, "one"),
		"a key in clear":           with(4, hex.EncodeToString(p.KIc)),
		"a key not hexadecimal":    with(5, "zz"),
		"a key of another wrap":    with(5, strings.Repeat("00", 24)),
		"keys of two lengths":      with(5, wrapped(t, make([]byte, 32))),
		"one key for both":         with(5, good[4]),
		"a key of 40 octets":       with(4, wrapped(t, make([]byte, 40))),
	}
	for what, text := range bad {
		var refused, read int
		for c, err := range gateway.ReadCards(strings.NewReader(header+text+line(t, p)), transport(t), false) {
			fault, ok := errors.AsType[*gateway.LineError](err)
			switch {
			case err == nil && c.Line == 3:
				read++
			case ok && fault.Line == 2:
				refused++
				if strings.Contains(err.Error(), p.ICCID) || strings.Contains(err.Error(), p.IMSI) || strings.Contains(err.Error(), good[4]) {
					t.Errorf("%s: the error shows the card: %v", what, err)
				}
			}
		}
		if refused != 1 || read != 1 {
			t.Errorf("%s: %d refused, %d read after it", what, refused, read)
		}
	}
}

func TestReadCardsRefusesOtherFiles(t *testing.T) {
	for what, text := range map[string]string{
		"empty": "", "no header": line(t, newCard(t, 1).personal), "a later version": "simtrust-cards 2\n", "a blank first": "\n" + header,
		"a line too long": header + strings.Repeat("9", 2000) + "\n",
	} {
		var last error
		cards := 0
		for _, err := range gateway.ReadCards(strings.NewReader(text), transport(t), false) {
			if last = err; err == nil {
				cards++
			}
		}
		if _, goesOn := errors.AsType[*gateway.LineError](last); last == nil || goesOn || cards != 0 {
			t.Errorf("%s: %d cards, %v", what, cards, last)
		}
	}
}

func TestImportFileStopsAndStartsAgain(t *testing.T) {
	const cards = 2500
	var file strings.Builder
	file.WriteString(header)
	for i := range cards {
		file.WriteString(line(t, newCard(t, i).personal))
	}
	file.WriteString("not a card\n")
	p := newPlatform(t, only(t))
	away := errors.New("the server went away")
	calls := 0
	var seen []int64
	progress := func(n int64) { seen = append(seen, n) }
	report, err := gateway.ImportFile(t.Context(), strings.NewReader(file.String()), transport(t), false,
		func(ctx context.Context, list []gateway.Personalisation) (gateway.Imported, error) {
			if calls++; calls == 2 {
				return gateway.Imported{}, away
			}
			return p.Import(ctx, list)
		}, progress)
	if !errors.Is(err, away) || report.Added != 1000 || len(seen) != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	report, err = gateway.ImportFile(t.Context(), strings.NewReader(file.String()), transport(t), false, p.Import, progress)
	if err != nil || report.Cards != cards+1 || report.Added != 1500 || report.Known != 1000 || len(report.Rejects) != 1 || report.Rejects[0].Line != cards+2 {
		t.Errorf("%+v, %v", report, err)
	}
	if len(seen) != 4 || !slices.IsSorted(seen[1:]) || seen[3] != int64(len(file.String())-len("not a card\n")) {
		t.Errorf("progress %d of %d", seen, len(file.String()))
	}
}

func TestImportFileNamesTheLinesOfCardsThatDiffer(t *testing.T) {
	p := newPlatform(t, only(t), newCard(t, 1))
	changed, sameIMSI := newCard(t, 1).personal, newCard(t, 2).personal
	changed.KIc = bytes.Repeat([]byte{9}, 16)
	sameIMSI.IMSI = changed.IMSI
	text := header + line(t, newCard(t, 3).personal) + "#\n" + line(t, changed) + line(t, newCard(t, 1).personal) + line(t, sameIMSI)
	report, err := gateway.ImportFile(t.Context(), strings.NewReader(text), transport(t), false, p.Import, func(int64) {})
	if err != nil || report.Cards != 4 || report.Added != 1 || report.Known != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	if got := []int{report.Rejects[0].Line, report.Rejects[1].Line}; !slices.Equal(got, []int{4, 6}) {
		t.Errorf("lines %d", got)
	}
}

func FuzzReadCards(f *testing.F) {
	good := line(f, newCard(f, 1).personal)
	for _, seed := range []string{"", header, header + good, header + "#\n" + strings.ToUpper(good), header + good + good[:40] + "\n"} {
		f.Add([]byte(seed))
	}
	key := transport(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		at := 0
		for c, err := range gateway.ReadCards(bytes.NewReader(text), key, true) {
			if err == nil && (c.Line <= at || len(c.ICCID) < 18 || len(c.IMSI) < 14 || len(c.KIc) != len(c.KID)) {
				t.Errorf("line %d after %d is a card: %+v", c.Line, at, c)
			}
			at = c.Line
		}
	})
}
