package document

import (
	"time"

	"simtrust"
	"simtrust/simshield"
	"simtrust/simshield/applet"
	"simtrust/simshield/document/pdf"
)

// pades is PAdES-B-T (ETSI EN 319 142-1, section 6.3). The claimed time is M of the signature dictionary, not a signed attribute.
type pades struct{}

// stampRoom is left in a PDF for the time stamp, its certificates, and what of the message is not a certificate, in octets.
const stampRoom = 16 << 10

func (pades) mediaType() string { return "application/pdf" }

func (pades) input(d draft) []byte { return d.Head }

func (pades) prepare(o *Order, k *simshield.Key, at time.Time) (draft, error) {
	if k.Algorithm != applet.P256 {
		return draft{}, refuse(simtrust.KindUnprocessable, ReasonKey, "PDF has no form for signatures of the person's key; order cades")
	}
	room := stampRoom + len(k.Raw)
	for _, der := range k.Chain {
		room += len(der)
	}
	s, err := pdf.Room(o.Content, at, room)
	if err != nil {
		return draft{}, err
	}
	sum := k.Algorithm.Sum(s.Digested())
	d := draft{Content: s.Octets, Sum: sum[:], GapStart: s.Start, GapEnd: s.End}
	d.Head, err = attributes(message(d, k.Algorithm), k)
	return d, err
}

func (pades) complete(d draft, k *simshield.Key, s applet.Signature, stamp stamp) ([]byte, error) {
	der, err := assemble(message(d, k.Algorithm), d, k, s, stamp)
	if err != nil {
		return nil, err
	}
	return pdf.Signable{Octets: d.Content, Start: d.GapStart, End: d.GapEnd}.Fill(der)
}
