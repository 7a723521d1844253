package qc

import (
	"crypto/x509/pkix"
	stdasn1 "encoding/asn1"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// ExtensionID is id-pe-qcStatements.
var ExtensionID = stdasn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}

// statementArc is id-etsi-qcs; the statements are numbered below it, the types below its sixth.
var statementArc = stdasn1.ObjectIdentifier{0, 4, 0, 1862, 1}

// The statements of ETSI EN 319 412-5 §4.2 and §4.3 by their last arc.
const (
	arcCompliance = 1 + iota
	arcLimit
	arcRetention
	arcSSCD
	arcPDS
	arcType
	arcLegislation
	statements = arcLegislation
)

var errMalformed = errors.New("qc: the extension is not DER of qualified certificate statements")

func statementID(arcs ...int) stdasn1.ObjectIdentifier {
	return append(slices.Clone(statementArc), arcs...)
}

// Extension encodes the statements in the order of their numbers, not critical. It is an error to state nothing, or what the
// standard does not allow.
func (s Statements) Extension() (pkix.Extension, error) {
	if err := s.valid(); err != nil {
		return pkix.Extension{}, err
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, s.encode)
	value, err := b.Bytes()
	return pkix.Extension{Id: ExtensionID, Value: value}, err
}

func (s Statements) encode(b *cryptobyte.Builder) {
	state := func(present bool, arc int, info cryptobyte.BuilderContinuation) {
		if !present {
			return
		}
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(statementID(arc))
			if info != nil {
				info(b)
			}
		})
	}
	state(s.Compliance, arcCompliance, nil)
	state(s.Limit != nil, arcLimit, func(b *cryptobyte.Builder) { s.Limit.encode(b) })
	state(s.Retention != nil, arcRetention, func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(*s.Retention)) })
	state(s.SSCD, arcSSCD, nil)
	state(len(s.Disclosures) > 0, arcPDS, list(s.Disclosures, Disclosure.encode))
	state(len(s.Types) > 0, arcType, list(s.Types, Type.encode))
	state(len(s.Legislation) > 0, arcLegislation, list(s.Legislation, printable))
}

func list[E any](elements []E, encode func(E, *cryptobyte.Builder)) cryptobyte.BuilderContinuation {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, e := range elements {
				encode(e, b)
			}
		})
	}
}

func printable(s string, b *cryptobyte.Builder) {
	b.AddASN1(asn1.PrintableString, func(b *cryptobyte.Builder) { b.AddBytes([]byte(s)) })
}

func (l Limit) encode(b *cryptobyte.Builder) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		printable(l.Currency, b)
		b.AddASN1Int64(l.Amount)
		b.AddASN1Int64(int64(l.Exponent))
	})
}

func (d Disclosure) encode(b *cryptobyte.Builder) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.IA5String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(d.URL)) })
		printable(d.Language, b)
	})
}

func (t Type) encode(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(statementID(arcType, int(t))) }

// Parse decodes the extension. Statements may come in any order, each once.
func Parse(ext pkix.Extension) (Statements, error) {
	if !ext.Id.Equal(ExtensionID) {
		return Statements{}, errors.New("qc: another extension")
	}
	if ext.Critical {
		return Statements{}, errors.New("qc: the extension must not be critical")
	}
	value := cryptobyte.String(ext.Value)
	var all cryptobyte.String
	if !value.ReadASN1(&all, asn1.SEQUENCE) || !value.Empty() {
		return Statements{}, errMalformed
	}
	var s Statements
	var seen [statements + 1]bool
	for !all.Empty() {
		if err := s.readStatement(&all, &seen); err != nil {
			return Statements{}, err
		}
	}
	return s, s.valid()
}

func (s *Statements) readStatement(all *cryptobyte.String, seen *[statements + 1]bool) error {
	var statement cryptobyte.String
	var id stdasn1.ObjectIdentifier
	if !all.ReadASN1(&statement, asn1.SEQUENCE) || !statement.ReadASN1ObjectIdentifier(&id) {
		return errMalformed
	}
	arc := lastArc(id, statementArc)
	if arc < 1 || arc > statements {
		return fmt.Errorf("qc: unknown statement %v", id)
	}
	if seen[arc] {
		return fmt.Errorf("qc: statement %v occurs twice", id)
	}
	seen[arc] = true
	if !s.readInfo(arc, &statement) || !statement.Empty() {
		return fmt.Errorf("qc: statement %v is malformed", id)
	}
	return nil
}

// lastArc is the arc of id directly under parent, or 0.
func lastArc(id, parent stdasn1.ObjectIdentifier) int {
	if len(id) != len(parent)+1 || !id[:len(parent)].Equal(parent) {
		return 0
	}
	return id[len(parent)]
}

func (s *Statements) readInfo(arc int, info *cryptobyte.String) bool {
	switch arc {
	case arcCompliance:
		s.Compliance = true
	case arcSSCD:
		s.SSCD = true
	case arcLimit:
		s.Limit = new(Limit)
		return s.Limit.read(info)
	case arcRetention:
		s.Retention = new(int)
		return info.ReadASN1Integer(s.Retention)
	case arcPDS:
		return readList(info, &s.Disclosures, (*Disclosure).read)
	case arcType:
		return readList(info, &s.Types, (*Type).read)
	case arcLegislation:
		return readList(info, &s.Legislation, func(c *string, in *cryptobyte.String) bool { return readText(in, asn1.PrintableString, c) })
	}
	return true
}

// readList reads a SEQUENCE OF that is not empty.
func readList[E any](info *cryptobyte.String, to *[]E, read func(*E, *cryptobyte.String) bool) bool {
	var elements cryptobyte.String
	if !info.ReadASN1(&elements, asn1.SEQUENCE) || elements.Empty() {
		return false
	}
	for !elements.Empty() {
		var e E
		if !read(&e, &elements) {
			return false
		}
		*to = append(*to, e)
	}
	return true
}

func readText(in *cryptobyte.String, tag asn1.Tag, to *string) bool {
	var text cryptobyte.String
	ok := in.ReadASN1(&text, tag)
	*to = string(text)
	return ok
}

func (l *Limit) read(in *cryptobyte.String) bool {
	var fields cryptobyte.String
	return in.ReadASN1(&fields, asn1.SEQUENCE) && readText(&fields, asn1.PrintableString, &l.Currency) &&
		fields.ReadASN1Integer(&l.Amount) && fields.ReadASN1Integer(&l.Exponent) && fields.Empty()
}

func (d *Disclosure) read(in *cryptobyte.String) bool {
	var fields cryptobyte.String
	return in.ReadASN1(&fields, asn1.SEQUENCE) && readText(&fields, asn1.IA5String, &d.URL) &&
		readText(&fields, asn1.PrintableString, &d.Language) && fields.Empty()
}

func (t *Type) read(in *cryptobyte.String) bool {
	var id stdasn1.ObjectIdentifier
	ok := in.ReadASN1ObjectIdentifier(&id)
	*t = Type(lastArc(id, statementID(arcType)))
	return ok
}
