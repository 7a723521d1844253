package renumber

import (
	"context"
	"errors"
	"io"
)

// importBatch is how many lines go to the feed at once.
const importBatch = MaxBatch

// Report says what became of a file. Lines counts those with an event or something that was meant to be one.
type Report struct {
	Lines, Applied, Duplicate, Rejected int
	Rejects                             []Reject
}

// Reject is a line that was not applied. Seq is 0 where it could not be read.
type Reject struct {
	Line            int
	Seq             int64
	Reason, Message string
}

// ImportCSV sends the events of a [CSV] file to a feed in batches, in the order of the file. A bad line is reported and the rest
// goes on. progress, which may be nil, learns after each batch how many bytes of the file have been dealt with for good. An error
// ends the import: the report tells what is known by then, and the whole file can be sent again under the same source.
func ImportCSV(ctx context.Context, r io.Reader, source string, feed func(context.Context, FeedReq) (FeedRes, error),
	progress func(bytes int64),
) (Report, error) {
	var report Report
	file, err := NewCSV(r)
	if err != nil {
		return report, err
	}
	if progress == nil {
		progress = func(int64) {}
	}
	for {
		b, end := report.readBatch(file)
		if len(b.events) > 0 {
			res, err := feed(ctx, FeedReq{Source: source, Events: b.events})
			if err != nil {
				return report, err
			}
			if err := report.count(b, res); err != nil {
				return report, err
			}
		}
		progress(file.Read())
		switch {
		case errors.Is(end, io.EOF):
			return report, nil
		case end != nil:
			return report, end
		}
	}
}

// lines are the events of one batch beside the numbers of their lines.
type lines struct {
	events  []FeedEvent
	numbers []int
}

// readBatch reads until the batch is full, and notes the lines that cannot be read. The error is what ended the file.
func (p *Report) readBatch(file *CSV) (lines, error) {
	b := lines{make([]FeedEvent, 0, importBatch), make([]int, 0, importBatch)}
	for len(b.events) < importBatch {
		e, line, err := file.Next()
		if bad, ok := errors.AsType[*LineError](err); ok {
			p.Lines++
			p.reject(Reject{Line: bad.Line, Seq: bad.Seq, Reason: ReasonMalformed, Message: bad.Msg})
			continue
		}
		if err != nil {
			return b, err
		}
		p.Lines++
		b.events = append(b.events, e)
		b.numbers = append(b.numbers, line)
	}
	return b, nil
}

func (p *Report) reject(r Reject) {
	p.Rejected++
	p.Rejects = append(p.Rejects, r)
}

func (p *Report) count(b lines, res FeedRes) error {
	if len(res.Results) != len(b.events) {
		return errors.New("renumber: the feed did not answer every event")
	}
	for i, r := range res.Results {
		switch r.Status {
		case StatusApplied:
			p.Applied++
		case StatusDuplicate:
			p.Duplicate++
		default:
			p.reject(Reject{Line: b.numbers[i], Seq: r.Seq, Reason: r.Reason, Message: r.Message})
		}
	}
	return nil
}
