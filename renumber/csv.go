package renumber

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"simtrust"
)

// maxLine bounds one line of a file, in bytes with its ending.
const maxLine = 4096

// ReasonBadHeader says that the first line of a file does not name the columns of the feed.
const ReasonBadHeader = "bad_header"

// column puts the text of one field into an event.
type column func(e *FeedEvent, s string) error

var columns = map[string]column{
	"seq":          func(e *FeedEvent, s string) (err error) { e.Seq, err = strconv.ParseInt(s, 10, 64); return err },
	"event":        func(e *FeedEvent, s string) error { e.Type = s; return nil },
	"number":       func(e *FeedEvent, s string) error { e.Number = s; return nil },
	"effective":    func(e *FeedEvent, s string) (err error) { e.Effective, err = time.Parse(time.RFC3339, s); return err },
	"holder":       func(e *FeedEvent, s string) error { e.Holder = s; return nil },
	"organisation": func(e *FeedEvent, s string) (err error) { e.Organisation, err = strconv.ParseBool(s); return err },
	"user":         func(e *FeedEvent, s string) error { e.User = s; return nil },
	"iccid":        func(e *FeedEvent, s string) error { e.ICCID = s; return nil },
	"imsi":         func(e *FeedEvent, s string) error { e.IMSI = s; return nil },
	"imei":         func(e *FeedEvent, s string) error { e.IMEI = s; return nil },
	"to":           func(e *FeedEvent, s string) error { e.To = s; return nil },
}

// forms say how the fields that are not text are written.
var forms = map[string]string{
	"seq":          "a whole number",
	"effective":    "an RFC 3339 instant such as 2021-03-04T00:00:00+08:00",
	"organisation": "true or false",
}

var requiredColumns = []string{"seq", "event", "number", "effective"}

// CSV reads a file of feed events: RFC 4180 in UTF-8, one event a line of at most 4096 bytes. The first line names the columns in
// any order: seq, event, number and effective are required; holder, organisation, user, iccid, imsi, imei and to are optional, as
// is every field in them. effective is an RFC 3339 instant, organisation true or false. A quoted field with a line break in it,
// which no field of the feed has, is refused, so that a stray quote costs one line and not the rest of the file.
type CSV struct {
	r       *bufio.Reader
	line    int
	read    int64
	names   []string
	columns []column
	fields  []string // of the line at hand
}

// LineError says what is wrong with one line. Those after it can be read.
type LineError struct {
	Line int
	Seq  int64 // 0 where it could not be read
	Msg  string
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }

// NewCSV reads the header line. Errors: KindInvalid with [ReasonBadHeader], or that of r.
func NewCSV(r io.Reader) (*CSV, error) {
	c := &CSV{r: bufio.NewReaderSize(r, maxLine)}
	err := c.split()
	if _, bad := errors.AsType[*LineError](err); bad || errors.Is(err, io.EOF) {
		return nil, badHeader("it is empty, too long or malformed")
	}
	if err != nil {
		return nil, err
	}
	for i, name := range c.fields {
		if i == 0 {
			name = strings.TrimPrefix(name, "\ufeff") // spreadsheets write a byte order mark
		}
		switch {
		case len(c.fields) == 1 && strings.Contains(name, ";"):
			return nil, badHeader("write commas between the columns, not semicolons")
		case columns[name] == nil:
			return nil, badHeader(fmt.Sprintf("column %d, %.40q, is none of the feed", i+1, name))
		case slices.Contains(c.names, name):
			return nil, badHeader("column " + name + " occurs twice")
		}
		c.names = append(c.names, name)
		c.columns = append(c.columns, columns[name])
	}
	for _, name := range requiredColumns {
		if !slices.Contains(c.names, name) {
			return nil, badHeader("column " + name + " is missing")
		}
	}
	return c, nil
}

func badHeader(msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonBadHeader, Op: "renumber.import", Msg: "line 1, the header: " + msg}
}

// Read returns how many bytes of the file have been read, lines in full.
func (c *CSV) Read() int64 { return c.read }

// Next returns the event on the next line that is not blank, and the line's number. Errors: a *[LineError], after which Next goes
// on with the line after; io.EOF; or that of the reader.
func (c *CSV) Next() (FeedEvent, int, error) {
	if err := c.split(); err != nil {
		return FeedEvent{}, c.line, err
	}
	if len(c.fields) != len(c.columns) {
		return FeedEvent{}, c.line, c.fault("%d fields where the header has %d", len(c.fields), len(c.columns))
	}
	var e FeedEvent
	for i, put := range c.columns {
		if c.fields[i] == "" {
			if slices.Contains(requiredColumns, c.names[i]) {
				return FeedEvent{}, c.line, c.faultOf(e, c.names[i]+" is empty")
			}
			continue
		}
		if err := put(&e, c.fields[i]); err != nil {
			return FeedEvent{}, c.line, c.faultOf(e, c.names[i]+" is not "+forms[c.names[i]])
		}
	}
	return e, c.line, nil
}

func (c *CSV) fault(format string, args ...any) error {
	return &LineError{Line: c.line, Msg: fmt.Sprintf(format, args...)}
}

func (c *CSV) faultOf(e FeedEvent, msg string) error {
	return &LineError{Line: c.line, Seq: e.Seq, Msg: msg}
}

// split reads the fields of the next line that is not blank.
func (c *CSV) split() error {
	for {
		text, err := c.readLine()
		if err != nil {
			return err
		}
		if len(text) == 0 {
			continue
		}
		if !utf8.Valid(text) {
			return c.fault("not UTF-8")
		}
		fields, ok := splitRecord(c.fields[:0], string(text))
		c.fields = fields
		if !ok {
			return c.fault("a quote is out of place or not closed")
		}
		return nil
	}
}

// readLine returns the next line without its ending. A line that is too long is passed over.
func (c *CSV) readLine() ([]byte, error) {
	text, err := c.r.ReadSlice('\n')
	c.read += int64(len(text))
	if len(text) == 0 && err != nil {
		return nil, err
	}
	c.line++
	if errors.Is(err, bufio.ErrBufferFull) {
		for errors.Is(err, bufio.ErrBufferFull) {
			text, err = c.r.ReadSlice('\n')
			c.read += int64(len(text))
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		return nil, c.fault("longer than %d bytes", maxLine)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")), nil
}

// splitRecord appends the fields of one record (RFC 4180 section 2) to fields, and reports whether its quotes are in order.
func splitRecord(fields []string, s string) ([]string, bool) {
	for {
		if !strings.HasPrefix(s, `"`) {
			field, rest, more := strings.Cut(s, ",")
			if strings.Contains(field, `"`) {
				return fields, false
			}
			fields = append(fields, field)
			if !more {
				return fields, true
			}
			s = rest
			continue
		}
		field, rest, ok := cutQuoted(s[1:])
		if !ok {
			return fields, false
		}
		fields = append(fields, field)
		if rest == "" {
			return fields, true
		}
		if rest[0] != ',' {
			return fields, false
		}
		s = rest[1:]
	}
}

// cutQuoted cuts a quoted field, whose opening quote is gone, from what follows its closing quote.
func cutQuoted(s string) (field, rest string, ok bool) {
	var b strings.Builder
	for {
		part, after, found := strings.Cut(s, `"`)
		if !found {
			return "", "", false
		}
		b.WriteString(part)
		if !strings.HasPrefix(after, `"`) {
			return b.String(), after, true
		}
		b.WriteByte('"')
		s = after[1:]
	}
}
