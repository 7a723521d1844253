package pdf

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Signable is a PDF with room for a signature.
type Signable struct {
	Octets []byte
	// Start and End are where Contents is, angle brackets included: all but that is signed.
	Start, End int
}

// Digested is what is signed: all but the value of Contents.
func (s Signable) Digested() []byte { return slices.Concat(s.Octets[:s.Start], s.Octets[s.End:]) }

// Room adds a signature field to a PDF, with room for a message of so many octets. The time is what the signer claims.
func Room(b []byte, at time.Time, octets int) (Signable, error) {
	f, err := open(b)
	if err != nil {
		return Signable{}, err
	}
	u := &update{file: f, changed: map[reference][]byte{}}
	u.signature, u.field = reference{f.size, 0}, reference{f.size + 1, 0}
	if err := u.addField(); err != nil {
		return Signable{}, err
	}
	return u.write(at, octets)
}

// update is what is added to a file.
type update struct {
	*file
	changed          map[reference][]byte
	signature, field reference
}

// addField enters the field in the first page and in the form.
func (u *update) addField() error {
	root, ok := referenceOf(u.trailer.get("Root"))
	if !ok {
		return refuse(ReasonMalformed, "no catalogue")
	}
	catalog, err := u.dictAt(root.bytes(), "the catalogue")
	if err != nil {
		return err
	}
	if catalog.get("Perms") != nil {
		return refuse(ReasonCertified, "it was certified: nothing may be added")
	}
	at, page, err := u.firstPage(catalog)
	if err != nil {
		return err
	}
	if err := u.append(at, page, "Annots"); err != nil {
		return err
	}
	u.changed[u.field] = fmt.Appendf(nil, "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature%d) /F 132 /Rect [0 0 0 0] /P %s /V %s >>",
		u.field.number, at.bytes(), u.signature.bytes())
	return u.enterForm(root, catalog)
}

// enterForm enters the field in the form, which may be absent, in the catalogue, or an object of its own.
func (u *update) enterForm(root reference, catalog dict) error {
	raw := catalog.get("AcroForm")
	if raw == nil {
		raw = []byte("<< /Fields [] >>")
	}
	form, err := u.dictAt(raw, "AcroForm")
	if err != nil {
		return err
	}
	if form.get("XFA") != nil {
		return refuse(ReasonXFA, "it has an XFA form, which is shown in place of the pages")
	}
	form = form.with("SigFlags", []byte("3")) // signatures exist, append only (section 12.7.2)
	if at, ok := referenceOf(raw); ok {
		return u.append(at, form, "Fields")
	}
	fields, err := u.extended(form.get("Fields"))
	if err != nil {
		return err
	}
	if fields != nil {
		form = form.with("Fields", fields)
	}
	return u.change(root, catalog.with("AcroForm", form.bytes()))
}

// append enters the field in an array of an object's dictionary.
func (u *update) append(at reference, d dict, name string) error {
	list, err := u.extended(d.get(name))
	if err != nil {
		return err
	}
	if list != nil {
		d = d.with(name, list)
	}
	return u.change(at, d)
}

// extended is an array with the field in it; nil where the array is an object of its own, which is then changed.
func (u *update) extended(raw []byte) ([]byte, error) {
	if raw == nil {
		return slices.Concat([]byte("["), u.field.bytes(), []byte("]")), nil
	}
	v, err := u.resolve(raw)
	if err != nil {
		return nil, err
	}
	s := scanner{b: v}
	list, ok := s.array()
	if !ok || s.at != len(v) {
		return nil, refuse(ReasonMalformed, "Annots or Fields is no array")
	}
	v = slices.Concat([]byte("["), bytes.Join(append(list, u.field.bytes()), []byte(" ")), []byte("]"))
	at, indirect := referenceOf(raw)
	if !indirect {
		return v, nil
	}
	return nil, u.put(at, v)
}

func (u *update) change(at reference, d dict) error { return u.put(at, d.bytes()) }

// put changes an object. What is changed twice is two things in one place, such as a page that is the catalogue.
func (u *update) put(at reference, value []byte) error {
	if _, twice := u.changed[at]; twice {
		return refuse(ReasonMalformed, "object %d is two things", at.number)
	}
	u.changed[at] = value
	return nil
}

// write writes the update: the changed objects, the signature last, the table and the trailer.
func (u *update) write(at time.Time, octets int) (Signable, error) {
	out := slices.Clone(u.b)
	if !bytes.HasSuffix(out, []byte("\n")) {
		out = append(out, '\n')
	}
	offsets := map[int]int{}
	generations := map[int]int{}
	for _, r := range slices.SortedFunc(maps.Keys(u.changed), func(a, b reference) int { return a.number - b.number }) {
		offsets[r.number], generations[r.number] = len(out), r.generation
		out = fmt.Appendf(out, "%d %d obj\n%s\nendobj\n", r.number, r.generation, u.changed[r])
	}
	offsets[u.signature.number] = len(out)
	out = fmt.Appendf(out, "%d 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:%sZ) /ByteRange ",
		u.signature.number, at.UTC().Format("20060102150405"))
	ranges := len(out)
	out = append(out, bytes.Repeat([]byte(" "), len(byteRange(0, 0, 0)))...)
	out = append(out, " /Contents "...)
	s := Signable{Start: len(out), End: len(out) + 2*octets + 2}
	out = append(append(append(out, '<'), bytes.Repeat([]byte("0"), 2*octets)...), "> >>\nendobj\n"...)
	s.Octets = u.table(out, offsets, generations)
	copy(s.Octets[ranges:], byteRange(s.Start, s.End, len(s.Octets)))
	return s, nil
}

// byteRange is of one length whatever the numbers.
func byteRange(start, end, size int) string {
	return fmt.Sprintf("[0 %010d %010d %010d]", start, end, size-end)
}

// table writes the cross-reference table of the update and its trailer (section 7.5.4 and 7.5.5).
func (u *update) table(out []byte, offsets, generations map[int]int) []byte {
	start := len(out)
	out = append(out, "xref\n"...)
	for _, n := range slices.Sorted(maps.Keys(offsets)) {
		out = fmt.Appendf(out, "%d 1\n%010d %05d n\r\n", n, offsets[n], generations[n])
	}
	t := dict{}.with("Size", fmt.Append(nil, u.field.number+1)).with("Prev", fmt.Append(nil, u.start))
	for _, name := range []string{"Root", "Info", "ID"} {
		if v := u.trailer.get(name); v != nil {
			t = t.with(name, v)
		}
	}
	return fmt.Appendf(out, "trailer\n%s\nstartxref\n%d\n%%%%EOF\n", t.bytes(), start)
}

// Fill puts a message, DER, into the room.
func (s Signable) Fill(message []byte) ([]byte, error) {
	if s.Start < 0 || s.End < s.Start+2 || s.End > len(s.Octets) || s.Octets[s.Start] != '<' || s.Octets[s.End-1] != '>' {
		return nil, refuse(ReasonRoom, "no room for a signature where it was")
	}
	if room := s.Octets[s.Start+1 : s.End-1]; len(bytes.Trim(room, "0")) > 0 || hex.EncodedLen(len(message)) > len(room) {
		return nil, refuse(ReasonRoom, "the signature does not fit")
	}
	out := slices.Clone(s.Octets)
	hex.Encode(out[s.Start+1:], message)
	return out, nil
}
