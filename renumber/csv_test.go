package renumber_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"simtrust"
	"simtrust/renumber"
)

const header = "seq,event,number,holder,effective,iccid,imsi,imei,to,organisation,user\n"

func TestCSVReadsEvents(t *testing.T) {
	const file = "\ufeffevent,seq,number,effective,holder,user,organisation\r\n" +
		"assign,1,+8613800000001,2026-01-05T08:00:00+08:00,ann,,\r\n" +
		"\r\n" +
		`"assign","2",+8613800000002,"2026-01-05T00:00:00Z","a ""b"", c",u1,true` + "\r\n" +
		"release,3,+8613800000001,2026-01-06T00:00:00.25Z,,,"
	c, err := renumber.NewCSV(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	want := []renumber.FeedEvent{
		{Seq: 1, Type: "assign", Number: one, Holder: "ann", Effective: day(5)},
		{Seq: 2, Type: "assign", Number: two, Holder: `a "b", c`, Effective: day(5), User: "u1", Organisation: true},
		{Seq: 3, Type: "release", Number: one, Effective: day(6).Add(250e6)},
	}
	for i, line := range []int{2, 4, 5} {
		e, n, err := c.Next()
		w := want[i]
		if err != nil || n != line || !e.Effective.Equal(w.Effective) {
			t.Errorf("line %d: %+v on line %d, %v", line, e, n, err)
		}
		e.Effective = w.Effective
		if e != w {
			t.Errorf("line %d: %v of holder %q, want %v of %q", line, e, e.Holder, w, w.Holder)
		}
	}
	if _, _, err := c.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	if c.Read() != int64(len(file)) {
		t.Errorf("read %d of %d bytes", c.Read(), len(file))
	}
}

func TestCSVHeaders(t *testing.T) {
	for name, head := range map[string]string{
		"empty":                "",
		"blank":                "\n\r\n",
		"no seq":               "event,number,effective\n",
		"no effective":         "seq,event,number\n",
		"unknown column":       "seq,event,number,effective,colour\n",
		"capitals":             "Seq,event,number,effective\n",
		"twice":                "seq,event,number,effective,seq\n",
		"spaces":               "seq, event,number,effective\n",
		"nameless column":      "seq,event,number,effective,\n",
		"open quote":           "\"seq,event,number,effective\n",
		"too long":             strings.Repeat("x", 5000) + "\n",
		"binary":               "\xff\xfe\x00seq\n",
		"a line and no header": "1,assign,+8613800000001,2026-01-01T00:00:00Z\n",
	} {
		if _, err := renumber.NewCSV(strings.NewReader(head)); !isReason(err, simtrust.KindInvalid, renumber.ReasonBadHeader) {
			t.Errorf("%s: %v", name, err)
		}
	}
	broken := errors.New("the disk is gone")
	if _, err := renumber.NewCSV(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
}

func TestCSVBadLinesCostOneLine(t *testing.T) {
	const good = "9,assign,+8613800000001,ann,2026-01-05T00:00:00Z,,,,,,\n"
	for name, line := range map[string]string{
		"too few fields":     "1,assign,+8613800000001\n",
		"too many fields":    strings.TrimSuffix(good, "\n") + ",\n",
		"seq is a word":      "one,assign,+8613800000001,ann,2026-01-05T00:00:00Z,,,,,,\n",
		"seq overflows":      "9223372036854775808,assign,+8613800000001,ann,2026-01-05T00:00:00Z,,,,,,\n",
		"no seq":             ",assign,+8613800000001,ann,2026-01-05T00:00:00Z,,,,,,\n",
		"no instant":         "1,assign,+8613800000001,ann,,,,,,,\n",
		"a day only":         "1,assign,+8613800000001,ann,2026-01-05,,,,,,\n",
		"no zone":            "1,assign,+8613800000001,ann,2026-01-05T00:00:00,,,,,,\n",
		"organisation maybe": "1,assign,+8613800000001,ann,2026-01-05T00:00:00Z,,,,,maybe,\n",
		"quote inside":       "1,assign,+8613800000001,a\"nn,2026-01-05T00:00:00Z,,,,,,\n",
		"open quote":         "1,assign,+8613800000001,\"ann,2026-01-05T00:00:00Z,,,,,,\n",
		"after a quote":      "1,assign,+8613800000001,\"ann\"x,2026-01-05T00:00:00Z,,,,,,\n",
		"not UTF-8":          "1,assign,+8613800000001,\xff,2026-01-05T00:00:00Z,,,,,,\n",
		"too long":           "1,assign,+8613800000001," + strings.Repeat("a", 100_000) + ",2026-01-05T00:00:00Z,,,,,,\n",
		"a blank":            " \n",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := renumber.NewCSV(strings.NewReader(header + line + good))
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = c.Next()
			bad, ok := errors.AsType[*renumber.LineError](err)
			if !ok || bad.Line != 2 || strings.Contains(err.Error(), "13800000001") {
				t.Errorf("%v", err)
			}
			if e, n, err := c.Next(); err != nil || n != 3 || e.Seq != 9 {
				t.Errorf("the line after: %v, %d, %v", e, n, err)
			}
		})
	}
}

func TestCSVPassesOnTheErrorOfItsReader(t *testing.T) {
	broken := errors.New("the disk is gone")
	c, err := renumber.NewCSV(io.MultiReader(strings.NewReader(header+"1,assign"), iotest.ErrReader(broken)))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Next(); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

// FuzzCSV reads any bytes: no panic, lines in order, no more of them than there are, and the same events from small reads.
func FuzzCSV(f *testing.F) {
	f.Add([]byte(header + "1,assign,+8613800000001,ann,2026-01-05T00:00:00Z,,,,,,\n"))
	f.Add([]byte("seq,event,number,effective\n1,\"a\"\"b\",x,2026-01-05T00:00:00Z\r\n\n\"\n,,,\n"))
	f.Add([]byte("\ufeffseq,event,number,effective"))
	f.Fuzz(func(t *testing.T, file []byte) {
		whole := readAll(t, strings.NewReader(string(file)), len(file))
		small := readAll(t, iotest.OneByteReader(strings.NewReader(string(file))), len(file))
		if len(whole) != len(small) {
			t.Fatalf("%d lines, and %d in small reads", len(whole), len(small))
		}
		for i := range whole {
			if whole[i] != small[i] {
				t.Errorf("%q, and %q in small reads", whole[i], small[i])
			}
		}
	})
}

func readAll(t *testing.T, r io.Reader, size int) []string {
	c, err := renumber.NewCSV(r)
	if err != nil {
		return []string{err.Error()}
	}
	var all []string
	for last := 1; ; {
		e, n, err := c.Next()
		if errors.Is(err, io.EOF) {
			if c.Read() != int64(size) {
				t.Errorf("read %d of %d bytes", c.Read(), size)
			}
			return all
		}
		if n <= last || n > size {
			t.Fatalf("line %d after %d", n, last)
		}
		last = n
		if bad, ok := errors.AsType[*renumber.LineError](err); ok {
			if bad.Line != n {
				t.Errorf("an error of line %d on line %d", bad.Line, n)
			}
			all = append(all, bad.Error())
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.Effective.IsZero() && e.Seq == 0 {
			t.Errorf("line %d has neither seq nor instant", n)
		}
		all = append(all, e.Type+" "+e.Number+" "+e.Holder+" "+e.Effective.String())
	}
}
