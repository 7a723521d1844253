package document_test

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strconv"
	"testing"

	"simtrust"
	"simtrust/simshield/applet"
	"simtrust/simshield/document"
	"simtrust/simshield/document/pdf"
	"simtrust/simshield/document/pdf/pdftest"
)

var byteRange = regexp.MustCompile(`/ByteRange \[0 (\d+) (\d+) (\d+)\] /Contents <([0-9a-f]+)>`)

// pdfParts are what a reader finds: the message, and what it is over.
func pdfParts(t testing.TB, b []byte) (message, content []byte, covered int) {
	t.Helper()
	all := byteRange.FindAllSubmatch(b, -1)
	if len(all) == 0 {
		t.Fatal("no signature")
	}
	m := all[len(all)-1]
	var n [3]int
	for i := range n {
		n[i], _ = strconv.Atoi(string(m[i+1]))
	}
	message, err := hex.DecodeString(string(m[4]))
	if err != nil {
		t.Fatal(err)
	}
	length := 4 + int(message[2])<<8 + int(message[3]) // 30 82 and two octets of length
	return message[:length], bytes.Join([][]byte{b[:n[0]], b[n[1] : n[1]+n[2]]}, nil), n[1] + n[2]
}

func TestPAdES(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.sign(order(document.PAdES))
		der, content, covered := pdfParts(t, d.Signed)
		s, err := w.verify(der, content, applet.P256)
		if err != nil {
			t.Fatal(err)
		}
		if !s.SigningTime.IsZero() || !bytes.HasPrefix(d.Signed, paper) || covered != len(d.Signed) || d.MediaType != "application/pdf" {
			t.Errorf("%v, %d of %d octets", s.SigningTime, covered, len(d.Signed))
		}
		o := order(document.PAdES)
		o.Order, o.Content = "C-2", d.Signed
		twice := w.sign(o).Signed
		der, content, _ = pdfParts(t, twice)
		if _, err := w.verify(der, content, applet.P256); err != nil || !bytes.HasPrefix(twice, d.Signed) {
			t.Errorf("a second signature: %v", err)
		}
	})
}

// TestShadow: content changed under the signature is seen, and content added behind it is not covered.
func TestShadow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		signed := w.sign(order(document.PAdES)).Signed
		for name, b := range map[string][]byte{
			"another rent":  bytes.Replace(signed, []byte("4,800"), []byte("9,800"), 1),
			"another page":  bytes.Replace(signed, []byte("/Contents 4 0 R"), []byte("/Contents 1 0 R"), 1),
			"another time":  bytes.Replace(signed, []byte("/M (D:2"), []byte("/M (D:1"), 1),
			"another field": bytes.Replace(signed, []byte("/F 132"), []byte("/F 130"), 1),
		} {
			der, content, _ := pdfParts(t, b)
			if _, err := w.verify(der, content, applet.P256); err == nil {
				t.Errorf("%s is not seen", name)
			}
		}
		added, err := pdf.Room(signed, w.Clock.Now(), 10)
		w.must(err)
		if _, _, covered := pdfParts(t, signed); covered == len(added.Octets) {
			t.Error("an update is covered")
		}
	})
}

// TestRefusedPapers: files that cannot be extended for certain are refused, and nobody is asked.
func TestRefusedPapers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			content []byte
			reason  string
		}{
			"no PDF":           {contract, pdf.ReasonMalformed},
			"trailing garbage": {append(bytes.Clone(paper), "garbage"...), pdf.ReasonTrailing},
			"encrypted":        {pdftest.Paper(pdftest.Objects(), "/Encrypt 4 0 R "), pdf.ReasonEncrypted},
			"a broken table":   {bytes.Replace(paper, []byte("00000 n"), []byte("0000x n"), 1), pdf.ReasonMalformed},
		} {
			o := order(document.PAdES)
			o.Content = c.content
			if _, err := w.docs.Start(t.Context(), "landlord", o); simtrust.ReasonOf(err) != c.reason {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.docs.Start(t.Context(), "landlord", orderSM2(document.PAdES)); simtrust.ReasonOf(err) != document.ReasonKey {
			t.Errorf("a key of SM2: %v", err)
		}
		if w.Settle(); len(w.phone.Person.Shown)+len(w.phoneSM2.Person.Shown) > 0 {
			t.Error("somebody was asked")
		}
	})
}
