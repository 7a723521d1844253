package pdf

import "bytes"

// maxSections bounds the updates of a file, maxPages the depth of its tree of pages.
const (
	maxSections = 1000
	maxPages    = 64
)

// file is a PDF as its tables describe it.
type file struct {
	b       []byte
	start   int // of the newest table
	places  map[int]place
	trailer dict
	size    int // the number of the next object
}

// place is where an object is.
type place struct {
	offset, generation int
	used               bool
}

func open(b []byte) (*file, error) {
	if !bytes.HasPrefix(b, []byte("%PDF-1.")) && !bytes.HasPrefix(b, []byte("%PDF-2.")) {
		return nil, refuse(ReasonMalformed, "no header")
	}
	f := &file{b: b, places: map[int]place{}}
	if err := f.readEnd(); err != nil {
		return nil, err
	}
	if err := f.readTables(); err != nil {
		return nil, err
	}
	size, ok := digits(string(f.trailer.get("Size")))
	if !ok {
		return nil, refuse(ReasonMalformed, "a trailer without Size")
	}
	for n := range f.places {
		if n >= size {
			return nil, refuse(ReasonMalformed, "an object beyond Size")
		}
	}
	f.size = size
	return f, nil
}

// readEnd reads startxref, the offset and the end-of-file mark, behind which there is nothing.
func (f *file) readEnd() error {
	at := bytes.LastIndex(f.b, []byte("startxref"))
	if at < 0 {
		return refuse(ReasonMalformed, "no startxref")
	}
	s := scanner{b: f.b, at: at + len("startxref")}
	for s.at < len(s.b) && bytes.IndexByte([]byte(whitespace), s.b[s.at]) >= 0 {
		s.at++
	}
	from := s.at
	s.bare()
	var ok bool
	if f.start, ok = digits(string(s.b[from:s.at])); !ok {
		return refuse(ReasonMalformed, "no offset after startxref")
	}
	rest, found := bytes.CutPrefix(bytes.TrimLeft(s.rest(), whitespace), []byte("%%EOF"))
	switch {
	case !found:
		return refuse(ReasonMalformed, "no end-of-file mark")
	case len(bytes.TrimLeft(rest, "\r\n")) > 0:
		return refuse(ReasonTrailing, "content behind the end-of-file mark")
	}
	return nil
}

// readTables reads all tables, the newest first.
func (f *file) readTables() error {
	seen := map[int]bool{}
	for at := f.start; ; {
		if seen[at] || len(seen) == maxSections {
			return refuse(ReasonMalformed, "cross-reference tables without an end")
		}
		seen[at] = true
		t, err := f.readTable(at)
		if err != nil {
			return err
		}
		if f.trailer == nil {
			f.trailer = t
		}
		previous := t.get("Prev")
		if previous == nil {
			return nil
		}
		var ok bool
		if at, ok = digits(string(previous)); !ok {
			return refuse(ReasonMalformed, "Prev is no offset")
		}
	}
}

// readTable reads a table and its trailer.
func (f *file) readTable(at int) (dict, error) {
	if at >= len(f.b) {
		return nil, refuse(ReasonMalformed, "no cross-reference table where it should be")
	}
	s := &scanner{b: f.b, at: at}
	if c := f.b[at]; c >= '0' && c <= '9' { // an object, such as a stream
		return nil, refuse(ReasonStreams, "its cross-references are in a stream; save it with a cross-reference table (PDF 1.4)")
	}
	if !bytes.HasPrefix(s.rest(), []byte("xref")) || !s.keyword("xref") {
		return nil, refuse(ReasonMalformed, "no cross-reference table where it should be")
	}
	for !s.keyword("trailer") {
		if !f.readSection(s) {
			return nil, refuse(ReasonMalformed, "a cross-reference table that cannot be read")
		}
	}
	t, ok := s.dict()
	switch {
	case !ok:
		return nil, refuse(ReasonMalformed, "a trailer that cannot be read")
	case t.get("Encrypt") != nil:
		return nil, refuse(ReasonEncrypted, "it is encrypted")
	case t.get("XRefStm") != nil:
		return nil, refuse(ReasonStreams, "some of its cross-references are in a stream; save it with a cross-reference table (PDF 1.4)")
	}
	return t, nil
}

// readSection reads a section of a table: first number, count, and that many entries.
func (f *file) readSection(s *scanner) bool {
	first, ok := s.integer()
	count, there := s.integer()
	if !ok || !there || count > len(s.rest())/16 {
		return false
	}
	for n := first; n < first+count; n++ {
		offset, ok := s.integer()
		generation, there := s.integer()
		kind := s.word()
		if !ok || !there || kind != "n" && kind != "f" {
			return false
		}
		if _, known := f.places[n]; !known {
			f.places[n] = place{offset, generation, kind == "n"}
		}
	}
	return true
}

// object returns the value of an object that is no stream.
func (f *file) object(r reference) ([]byte, error) {
	p, ok := f.places[r.number]
	if !ok || !p.used || p.generation != r.generation || p.offset >= len(f.b) {
		return nil, refuse(ReasonMalformed, "object %d is not in the cross-reference table", r.number)
	}
	s := &scanner{b: f.b, at: p.offset}
	number, ok := s.integer()
	generation, there := s.integer()
	if !ok || !there || number != r.number || generation != r.generation || !s.keyword("obj") {
		return nil, refuse(ReasonMalformed, "object %d is not where the cross-reference table says", r.number)
	}
	v, ok := s.value()
	if !ok || !s.keyword("endobj") {
		return nil, refuse(ReasonMalformed, "object %d cannot be read", r.number)
	}
	return v, nil
}

// resolve returns a value itself, which may be an indirect one.
func (f *file) resolve(raw []byte) ([]byte, error) {
	if r, ok := referenceOf(raw); ok {
		return f.object(r)
	}
	return raw, nil
}

// dictAt returns a dictionary that a value is, or refers to.
func (f *file) dictAt(raw []byte, what string) (dict, error) {
	v, err := f.resolve(raw)
	if err != nil {
		return nil, err
	}
	d, ok := dictOf(v)
	if !ok {
		return nil, refuse(ReasonMalformed, "%s is no dictionary", what)
	}
	return d, nil
}

// firstPage finds the first page.
func (f *file) firstPage(catalog dict) (reference, dict, error) {
	r, ok := referenceOf(catalog.get("Pages"))
	for range maxPages {
		if !ok {
			break
		}
		d, err := f.dictAt(r.bytes(), "a page")
		if err != nil {
			return r, nil, err
		}
		if kind, _ := nameOf(d.get("Type")); kind == "Page" {
			return r, d, nil
		}
		kids, err := f.resolve(d.get("Kids"))
		if err != nil {
			return r, nil, err
		}
		s := scanner{b: kids}
		list, read := s.array()
		if ok = read && len(list) > 0; ok {
			r, ok = referenceOf(list[0])
		}
	}
	return r, nil, refuse(ReasonMalformed, "no first page")
}
