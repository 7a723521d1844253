package pdf_test

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/simshield/document/pdf"
	"simtrust/simshield/document/pdf/pdftest"
)

var at = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func paper() []byte { return pdftest.Paper(pdftest.Objects(), "") }

// with is a PDF with an object changed.
func with(number int, object string, further ...string) []byte {
	list := append(pdftest.Objects(), further...)
	list[number-1] = object
	return pdftest.Paper(list, "")
}

var byteRange = regexp.MustCompile(`/ByteRange \[0 (\d+) (\d+) (\d+)\]`)

// TestRoom: what was there stays, and ByteRange covers all but Contents.
func TestRoom(t *testing.T) {
	for name, b := range map[string][]byte{
		"plain":                  paper(),
		"without a last line":    bytes.TrimRight(paper(), "\n"),
		"notes":                  with(3, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Annots [ ] >>"),
		"notes elsewhere":        with(3, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Annots 5 0 R >>", "[ ]"),
		"a form":                 with(1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[]/DA(/Helv 0 Tf \\) )>>>>"),
		"a form elsewhere":       with(1, "<< /Type /Catalog /Pages 2 0 R /AcroForm 5 0 R >>", "<< /Fields 6 0 R >>", "[]"),
		"a comment, an odd name": with(1, "<< /T#79pe /Catalog % no >>\n /Pages 2 0 R >>"),
	} {
		s, err := pdf.Room(b, at, 100)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		out, err := s.Fill([]byte{0x30, 1, 0xab})
		m := byteRange.FindSubmatch(out)
		if err != nil || !bytes.HasPrefix(out, b) || m == nil {
			t.Fatalf("%s: %v", name, err)
		}
		start, end, rest := number(m[1]), number(m[2]), number(m[3])
		if end+rest != len(out) || string(out[start:start+7]) != "<3001ab" || out[end-1] != '>' || !bytes.Equal(append(out[:start:start], out[end:]...), s.Digested()) {
			t.Errorf("%s: %s of %d", name, m[0], len(out))
		}
		if again, err := pdf.Room(out, at, 100); err != nil || !bytes.Contains(again.Octets, []byte("(Signature")) {
			t.Errorf("%s, a second signature: %v", name, err)
		}
	}
}

func number(text []byte) int {
	n, err := strconv.Atoi(string(text))
	if err != nil {
		panic(err)
	}
	return n
}

func replaced(b []byte, old, by string) []byte { return bytes.Replace(b, []byte(old), []byte(by), 1) }

// TestRefused: what cannot be extended for certain is not extended.
func TestRefused(t *testing.T) {
	catalog := func(more string) []byte { return with(1, "<< /Type /Catalog /Pages 2 0 R "+more+" >>") }
	for name, c := range map[string]struct {
		b      []byte
		reason string
	}{
		"nothing":                 {nil, pdf.ReasonMalformed},
		"no PDF":                  {[]byte("<html>"), pdf.ReasonMalformed},
		"content before":          {append([]byte("MZ"), paper()...), pdf.ReasonMalformed},
		"trailing garbage":        {append(paper(), "PK\x03\x04"...), pdf.ReasonTrailing},
		"a trailing comment":      {append(paper(), "% free\n"...), pdf.ReasonTrailing},
		"truncated":               {paper()[:len(paper())-8], pdf.ReasonMalformed},
		"encrypted":               {pdftest.Paper(pdftest.Objects(), "/Encrypt 5 0 R "), pdf.ReasonEncrypted},
		"encrypted by #":          {pdftest.Paper(pdftest.Objects(), "/Encr#79pt 5 0 R "), pdf.ReasonEncrypted},
		"hybrid":                  {pdftest.Paper(pdftest.Objects(), "/XRefStm 9 "), pdf.ReasonStreams},
		"a stream":                {regexp.MustCompile(`startxref\n\d+`).ReplaceAll(paper(), []byte("startxref\n15")), pdf.ReasonStreams},
		"an offset outside":       {regexp.MustCompile(`startxref\n\d+`).ReplaceAll(paper(), []byte("startxref\n9999999")), pdf.ReasonMalformed},
		"an offset beside":        {regexp.MustCompile(`startxref\n\d+`).ReplaceAll(paper(), []byte("startxref\n9")), pdf.ReasonMalformed},
		"a table of itself":       {selfish(), pdf.ReasonMalformed},
		"a broken table":          {replaced(paper(), "00000 n\r\n", "00000 x\r\n"), pdf.ReasonMalformed},
		"a table too short":       {replaced(paper(), "xref\n0 5", "xref\n0 9"), pdf.ReasonMalformed},
		"a huge table":            {replaced(paper(), "xref\n0 5", "xref\n0 9999999999"), pdf.ReasonMalformed},
		"objects elsewhere":       {replaced(paper(), "1 0 obj", " 1 0 obj"), pdf.ReasonMalformed},
		"another's object":        {replaced(paper(), "1 0 obj", "7 0 obj"), pdf.ReasonMalformed},
		"Size too small":          {replaced(paper(), "/Size 5", "/Size 4"), pdf.ReasonMalformed},
		"no Size":                 {replaced(paper(), "/Size 5", "/Sise 5"), pdf.ReasonMalformed},
		"no Root":                 {replaced(paper(), "/Root 1", "/Rood 1"), pdf.ReasonMalformed},
		"a name twice":            {catalog("/Pages 3 0 R"), pdf.ReasonMalformed},
		"a name twice by #":       {catalog("/P#61ges 3 0 R"), pdf.ReasonMalformed},
		"certified":               {catalog("/Perms << /DocMDP 9 0 R >>"), pdf.ReasonCertified},
		"XFA":                     {catalog("/AcroForm << /XFA [] /Fields [] >>"), pdf.ReasonXFA},
		"a form that is none":     {catalog("/AcroForm 4"), pdf.ReasonMalformed},
		"fields that are none":    {catalog("/AcroForm << /Fields (a) >>"), pdf.ReasonMalformed},
		"a form that is a page":   {catalog("/AcroForm 3 0 R"), pdf.ReasonMalformed},
		"pages without an end":    {with(2, "<< /Type /Pages /Kids [2 0 R] >>"), pdf.ReasonMalformed},
		"no page":                 {with(2, "<< /Type /Pages /Kids [] >>"), pdf.ReasonMalformed},
		"a page that is a stream": {with(2, "<< /Type /Pages /Kids [4 0 R] >>"), pdf.ReasonMalformed},
		"notes that are none":     {with(3, "<< /Type /Page /Annots (x) >>"), pdf.ReasonMalformed},
		"a deep object":           {catalog("/A " + strings.Repeat("[", 5000)), pdf.ReasonMalformed},
		"an open string":          {catalog("/A (((("), pdf.ReasonMalformed},
		"an open dictionary":      {with(1, "<< /Type /Catalog"), pdf.ReasonMalformed},
	} {
		if _, err := pdf.Room(c.b, at, 100); simtrust.ReasonOf(err) != c.reason {
			t.Errorf("%s: %v, not %s", name, err, c.reason)
		}
	}
}

// selfish is a PDF whose table follows itself.
func selfish() []byte {
	b := paper()
	start := bytes.LastIndex(b, []byte("xref\n0 "))
	return pdftest.Paper(pdftest.Objects(), "/Prev "+strconv.Itoa(start)+" ")
}

// TestFill: a message goes only where room was made for it.
func TestFill(t *testing.T) {
	s, err := pdf.Room(paper(), at, 100)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*pdf.Signable) int{
		"a long message":  func(*pdf.Signable) int { return 101 },
		"another start":   func(s *pdf.Signable) int { s.Start++; return 1 },
		"another end":     func(s *pdf.Signable) int { s.End--; return 1 },
		"an end outside":  func(s *pdf.Signable) int { s.End = len(s.Octets) + 1; return 1 },
		"a negative room": func(s *pdf.Signable) int { s.Start, s.End = s.End, s.Start; return 1 },
		"content there":   func(s *pdf.Signable) int { s.Octets = bytes.Clone(s.Octets); s.Octets[s.Start+9] = '1'; return 1 },
	} {
		bad := s
		if _, err := bad.Fill(make([]byte, spoil(&bad))); simtrust.ReasonOf(err) != pdf.ReasonRoom {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRoom: what is taken keeps its octets, and is taken again.
func FuzzRoom(f *testing.F) {
	f.Add(paper())
	f.Add(with(1, "<< /Type /Catalog /Pages 2 0 R /AcroForm 5 0 R >>", "<< /Fields [] >>"))
	f.Add(selfish())
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := pdf.Room(b, at, 50)
		if err != nil {
			return
		}
		if !bytes.HasPrefix(s.Octets, b) || len(s.Digested())+s.End-s.Start != len(s.Octets) {
			t.Fatal("not an update")
		}
		if _, err := s.Fill(make([]byte, 50)); err != nil {
			t.Fatal(err)
		}
		if _, err := pdf.Room(s.Octets, at, 50); err != nil {
			t.Fatal(err)
		}
	})
}
