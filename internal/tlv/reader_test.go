package tlv_test

import (
	"io"
	"strings"
	"testing"

	"simtrust/internal/tlv"
)

func TestTags(t *testing.T) {
	for name, c := range map[string]struct {
		reader func([]byte) tlv.Reader
		octets string
		tag    uint32
		cr     bool
	}{
		"BER of one octet":        {tlv.BER, "5a0101", 0x5A, false},
		"BER of two octets":       {tlv.BER, "7f210101", 0x7F21, false},
		"BER of three octets":     {tlv.BER, "df81010101", 0xDF8101, false},
		"comprehension":           {tlv.Comprehension, "0d0101", 0x0D, false},
		"comprehension required":  {tlv.Comprehension, "8d0101", 0x0D, true},
		"the last of one octet":   {tlv.Comprehension, "fe0101", 0x7E, true},
		"comprehension of three":  {tlv.Comprehension, "7f12340101", 0x1234, false},
		"required, of three":      {tlv.Comprehension, "7f92340101", 0x1234, true},
		"three where one is room": {tlv.Comprehension, "7f000d0101", 0x0D, false},
	} {
		r := c.reader(unhex(t, c.octets))
		e, err := r.Next()
		if err != nil || e.Tag != c.tag || e.CR != c.cr || string(e.Value) != "\x01" {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
		if _, err := r.Next(); err != io.EOF {
			t.Errorf("%s: at the end %v", name, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		reader func([]byte) tlv.Reader
		octets string
		want   error
	}{
		"no length":                        {tlv.BER, "5a", tlv.ErrTruncated},
		"value cut short":                  {tlv.BER, "5a0201", tlv.ErrTruncated},
		"81 without its octet":             {tlv.BER, "5a81", tlv.ErrTruncated},
		"82 without its octets":            {tlv.BER, "5a8201", tlv.ErrTruncated},
		"82, value cut short":              {tlv.BER, "5a82010000", tlv.ErrTruncated},
		"82, longer than any memory":       {tlv.BER, "5a82ffff", tlv.ErrTruncated},
		"indefinite length":                {tlv.BER, "3080aa0000", tlv.ErrLength},
		"length of three octets":           {tlv.BER, "5a8300000101", tlv.ErrLength},
		"length of four octets":            {tlv.BER, "5a84ffffffff", tlv.ErrLength},
		"reserved length":                  {tlv.BER, "5aff01", tlv.ErrLength},
		"padding 00":                       {tlv.BER, "000101", tlv.ErrTag},
		"padding FF":                       {tlv.BER, "ff0101", tlv.ErrTag},
		"tag cut after one octet":          {tlv.BER, "7f", tlv.ErrTruncated},
		"tag cut after two octets":         {tlv.BER, "df81", tlv.ErrTruncated},
		"tag of four octets":               {tlv.BER, "df81820101", tlv.ErrTag},
		"tag number with a leading zero":   {tlv.BER, "df80010101", tlv.ErrTag},
		"comprehension tag 00":             {tlv.Comprehension, "000101", tlv.ErrTag},
		"comprehension tag 80":             {tlv.Comprehension, "800101", tlv.ErrTag},
		"comprehension tag FF":             {tlv.Comprehension, "ff0101", tlv.ErrTag},
		"comprehension tag of three, cut":  {tlv.Comprehension, "7f12", tlv.ErrTruncated},
		"comprehension tag of three, zero": {tlv.Comprehension, "7f80000101", tlv.ErrTag},
		"comprehension value cut":          {tlv.Comprehension, "8d0504", tlv.ErrTruncated},
		"comprehension, indefinite":        {tlv.Comprehension, "8d800000", tlv.ErrLength},
	} {
		r := c.reader(unhex(t, c.octets))
		for range 2 {
			if e, err := r.Next(); err != c.want || e.Value != nil {
				t.Errorf("%s: %+v, %v, want %v", name, e, err, c.want)
			}
		}
	}
}

// TestMinimal: what needs fewer octets is read, unless that is asked for.
func TestMinimal(t *testing.T) {
	for name, c := range map[string]struct {
		reader func([]byte) tlv.Reader
		octets string
	}{
		"81 for 1":                {tlv.BER, "5a810100"},
		"81 for 127":              {tlv.BER, "5a817f" + strings.Repeat("00", 127)},
		"82 for 1":                {tlv.BER, "5a82000100"},
		"82 for 255":              {tlv.BER, "5a8200ff" + strings.Repeat("00", 255)},
		"82 for 128":              {tlv.Comprehension, "8d820080" + strings.Repeat("00", 128)},
		"a tag of three for 0D":   {tlv.Comprehension, "7f000d0100"},
		"a tag of three for 7E":   {tlv.Comprehension, "7f807e0100"},
		"81 for nothing, then on": {tlv.Comprehension, "8d81008d0101"},
	} {
		r := c.reader(unhex(t, c.octets))
		if _, err := r.Next(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		strict := c.reader(unhex(t, c.octets)).Minimal()
		if _, err := strict.Next(); err != tlv.ErrNotMinimal {
			t.Errorf("%s, minimal: %v", name, err)
		}
	}
}

func TestFind(t *testing.T) {
	r := tlv.BER(unhex(t, "5a0101"+"7f210102"+"5a0103"))
	if e, err := r.Find(0x7F21); err != nil || string(e.Value) != "\x02" {
		t.Errorf("7F21: %+v, %v", e, err)
	}
	if e, err := r.Find(0x5A); err != nil || string(e.Value) != "\x03" {
		t.Errorf("the next 5A: %+v, %v", e, err)
	}
	if _, err := r.Find(0x5A); err != tlv.ErrMissing {
		t.Errorf("a third 5A: %v", err)
	}
	broken := tlv.BER(unhex(t, "5a01015b05"))
	if _, err := broken.Find(0x5C); err != tlv.ErrTruncated {
		t.Errorf("behind a broken element: %v", err)
	}
}

// TestValueIsBounded: appending to a value does not run into the element after it.
func TestValueIsBounded(t *testing.T) {
	octets := unhex(t, "5a01015b0102")
	r := tlv.BER(octets)
	e, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	_ = append(e.Value, 0xEE)
	if next, err := r.Next(); err != nil || next.Tag != 0x5B {
		t.Errorf("the next element became %+v, %v", next, err)
	}
}

func TestReadingDoesNotAllocate(t *testing.T) {
	pdu := unhex(t, published(t)[0].PDU)
	if n := testing.AllocsPerRun(100, func() {
		outer := tlv.BER(pdu)
		body, _ := outer.Find(proactiveCommand)
		inner := tlv.Comprehension(body.Value)
		_, _ = inner.Find(textString)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
