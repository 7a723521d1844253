package applet

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// MaxPages is the most screens that a person is shown for one command.
const MaxPages = 5

// Display is what a person is shown.
type Display struct {
	// Text is that of the pages, joined by line breaks.
	Text  string
	Pages []Page
}

// Prompt is a statement as a person sees it and as a key signs it.
type Prompt struct {
	Statement Statement
	Display
	// DER is the statement with the text in it.
	DER []byte
}

// Digest is the hash of the statement by the algorithm's function: message-digest of [SignedAttributes], and the hash of which
// [VerificationCode] is taken.
func (p *Prompt) Digest(a Algorithm) [32]byte { return a.Sum(p.DER) }

// VerificationCode is that of the statement.
func (p *Prompt) VerificationCode(a Algorithm) string {
	digest := p.Digest(a)
	return VerificationCode(digest[:])
}

// Compose checks a statement and composes what is shown and signed. Equal statements give equal octets. It refuses with one of the
// reasons of this package, and [FieldOf] names the field.
func (s Statement) Compose() (*Prompt, error) {
	w := words(s.Language)
	if w == nil {
		return nil, refuseField("language", ReasonForm, "not a language of the applet")
	}
	if err := checkStatement(s); err != nil {
		return nil, err
	}
	var lines []string
	switch subject := s.Subject.(type) {
	case Transfer:
		lines = subject.lines(w, s.Party)
	case Document:
		lines = []string{w.document, w.party + s.Party, w.title + subject.Title, w.digest + short(subject.Hash)}
	case Login:
		lines = []string{w.login, w.party + s.Party}
	}
	d, err := layOut(lines)
	if err != nil {
		return nil, err
	}
	der, err := s.der(d.Text)
	if err != nil {
		return nil, refuse("compose", ReasonMalformed, "a statement that DER cannot hold")
	}
	return &Prompt{Statement: s, Display: d, DER: der}, nil
}

// Compose checks the command and composes what is shown before the PIN is asked for.
func (c SignHash) Compose() (Display, error) {
	w := words(c.Language)
	if w == nil {
		return Display{}, refuseField("language", ReasonForm, "not a language of the applet")
	}
	if err := checkSignHash(c); err != nil {
		return Display{}, err
	}
	lines := []string{w.login, w.party + c.Party}
	if c.Kind == KindDocument {
		lines[0] = w.document
	}
	if c.Text != "" {
		lines = append(lines, c.Text)
	}
	return layOut(lines)
}

// Compose checks the command and composes what is shown before the one-time code is asked for.
func (c Enrol) Compose() (Display, error) {
	w := words(c.Language)
	if w == nil {
		return Display{}, refuseField("language", ReasonForm, "not a language of the applet")
	}
	if !c.Kind.valid() {
		return Display{}, refuseField("kind", ReasonForm, "not a kind of key")
	}
	if err := checkText("party", c.Party, 1, MaxParty); err != nil {
		return Display{}, err
	}
	return layOut([]string{w.enrol, w.party + c.Party, w.purpose + w.kinds[c.Kind]})
}

func (t Transfer) lines(w *wording, party string) []string {
	heading := w.transfer
	if t.Batch != nil {
		heading = w.batch
	}
	lines := []string{heading}
	if t.Reminder {
		lines = append(lines, w.reminder)
	}
	lines = append(lines, w.party+party)
	if t.Batch != nil {
		lines = append(lines, w.count+strconv.FormatUint(uint64(t.Batch.Count), 10), w.total+t.Amount.String(), w.list+short(t.Batch.List[:]))
	} else {
		lines = append(lines, w.payee+t.PayeeName, w.account+fours(t.PayeeAccount), w.amount+t.Amount.String())
	}
	if t.Memo != "" {
		lines = append(lines, w.memo+t.Memo)
	}
	return append(lines, w.order+t.Order, w.time+t.Time.In(beijing).Format(w.clock))
}

var beijing = time.FixedZone("UTC+8", 8*60*60)

// layOut fills pages with whole lines: a line never goes over to the next page, so that no field can begin a page and pass for
// another.
func layOut(lines []string) (Display, error) {
	d := Display{Text: strings.Join(lines, "\n"), Pages: make([]Page, 0, 2)}
	for len(lines) > 0 {
		n, room := 1, measure(lines[0])
		for ; n < len(lines); n++ {
			longer := room.and(measure(lines[n]))
			if longer.octets() > MaxPage {
				break
			}
			room = longer
		}
		if room.octets() > MaxPage || len(d.Pages) == MaxPages {
			return Display{}, refuseField("text", ReasonTooLong, "more than the screens hold")
		}
		d.Pages, lines = append(d.Pages, newPage(strings.Join(lines[:n], "\n"))), lines[n:]
	}
	return d, nil
}

// short is the beginning of a hash for the eye: 64 bits in four groups.
func short(hash []byte) string { return fours(strings.ToUpper(hex.EncodeToString(hash[:8]))) }

// fours puts a space after each four characters, as account numbers are printed.
func fours(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i += 4 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s[i:min(i+4, len(s))])
	}
	return b.String()
}
