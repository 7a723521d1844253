package gateway

import (
	"context"
	"errors"
	"io"
)

// ImportReport says what became of a file. Cards counts the lines with one, or with something that was meant to be one.
type ImportReport struct {
	Cards, Added, Known int
	Rejects             []LineError
}

// ImportFile sends the cards of a file (see [ReadCards]) to an importer in batches, in the order of the file. A bad line is reported and
// the rest goes on. progress learns after each batch how many octets of the file have been dealt with for good. An error ends the
// import: the whole file can be sent again, cards that are known are left as they are.
func ImportFile(ctx context.Context, r io.Reader, transport TransportKey, legacy bool,
	send func(context.Context, []Personalisation) (Imported, error), progress func(octets int64),
) (ImportReport, error) {
	f := filing{send: send, progress: progress}
	for card, err := range ReadCards(r, transport, legacy) {
		if bad, ok := errors.AsType[*LineError](err); ok {
			f.report.Cards++
			f.report.Rejects = append(f.report.Rejects, *bad)
			continue
		}
		if err == nil {
			err = f.add(ctx, card)
		}
		if err != nil {
			return f.report, err
		}
	}
	return f.report, f.flush(ctx)
}

// filing is an import under way.
type filing struct {
	send     func(context.Context, []Personalisation) (Imported, error)
	progress func(int64)
	cards    []Personalisation
	lines    []int
	read     int64
	report   ImportReport
}

func (f *filing) add(ctx context.Context, c FileCard) error {
	f.report.Cards++
	f.cards, f.lines, f.read = append(f.cards, c.Personalisation), append(f.lines, c.Line), c.Read
	if len(f.cards) < maxImport {
		return nil
	}
	return f.flush(ctx)
}

func (f *filing) flush(ctx context.Context) error {
	if len(f.cards) == 0 {
		return nil
	}
	done, err := f.send(ctx, f.cards)
	if err != nil {
		return err
	}
	f.report.Added += done.Added
	f.report.Known += done.Known
	for _, at := range done.Differ {
		if at < 0 || at >= len(f.lines) {
			return errors.New("gateway: the server speaks of cards that were not sent")
		}
		f.report.Rejects = append(f.report.Rejects, LineError{f.lines[at], "the ICCID or IMSI is known already, with another identity or other keys"})
	}
	f.cards, f.lines = f.cards[:0], f.lines[:0]
	f.progress(f.read)
	return nil
}
