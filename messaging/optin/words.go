package optin

import (
	"context"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Heard is what a text from a person was taken for.
type Heard string

// What may be heard.
const (
	HeardNothing Heard = ""
	HeardStop    Heard = "stop"
	HeardStart   Heard = "start"
)

// words are whole messages: those of CTIA's Short Code Monitoring Handbook for opt-out and opt-in, and those that Chinese business
// messages name in "拒收请回复R" and "退订回T".
var words = map[string]Heard{
	"STOP": HeardStop, "STOPALL": HeardStop, "UNSUBSCRIBE": HeardStop, "CANCEL": HeardStop, "END": HeardStop, "QUIT": HeardStop,
	"退订": HeardStop, "拒收": HeardStop, "TD": HeardStop, "T": HeardStop, "R": HeardStop,
	"START": HeardStart, "UNSTOP": HeardStart, "订阅": HeardStart,
}

// longestWord bounds the texts that are looked at, in octets: a word with blanks and punctuation around it.
const longestWord = 64

// Hear takes a text for a refusal or a START if it is nothing but the word, in any case and width, with blanks and punctuation around
// it.
func Hear(text string) Heard {
	if len(text) > longestWord {
		return HeardNothing
	}
	word := strings.TrimFunc(width.Narrow.String(text), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) })
	return words[strings.ToUpper(word)]
}

// Record writes what was said, in a transaction of the caller's.
type Record func(ctx context.Context, tx *sqldb.Tx) error

// Said tells what a text was taken for that the holder of a tenure sent to a chatbot from their phone, and how it is recorded: by the
// caller, with whatever else follows from the text, so that it is acted on once. Errors as of [Service.Refuse].
func (s *Service) Said(ctx context.Context, chatbot string, tenure simtrust.TenureID, text string) (Heard, Record, error) {
	var r request
	heard := Hear(text)
	switch heard {
	case HeardStop:
		r = refusalOf(chatbot, tenure)
	case HeardStart:
		r = s.startOf(chatbot, tenure)
	default:
		return heard, func(context.Context, *sqldb.Tx) error { return nil }, nil
	}
	r, err := s.spoken(ctx, r)
	return heard, func(ctx context.Context, tx *sqldb.Tx) error {
		done, err := s.change(ctx, tx, []request{r})
		if err != nil {
			return err
		}
		return done[0].Err
	}, err
}
