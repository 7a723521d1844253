package smpp_test

import (
	"testing"
	"time"

	"simtrust/internal/smpp"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// TestTimes: the first is the example of SMPP 3.4 §7.1.1.
func TestTimes(t *testing.T) {
	for text, want := range map[smpp.Time]time.Time{
		"020610233429000R": noon.AddDate(2, 6, 10).Add(23*time.Hour + 34*time.Minute + 29*time.Second),
		"000000000100000R": noon.Add(time.Minute),
		"260131200000032+": noon,
		"260131070000020-": noon,
		"260131120000500+": noon.Add(500 * time.Millisecond),
	} {
		if got, err := text.At(noon); err != nil || !got.Equal(want) {
			t.Errorf("%s is %s, %v", text, got, err)
		}
	}
}

func TestNoTimes(t *testing.T) {
	for _, text := range []smpp.Time{
		"", "2601312000000", "260131200000032", "260131200000032Z", "261331200000032+", "260230200000032+", "260131240000032+",
		"260131206000032+", "260131200060032+", "260131200000049+", "26013120000003x+", "2601312000000322+",
	} {
		if got, err := text.At(noon); err == nil {
			t.Errorf("%s is %s", text, got)
		}
	}
}

func TestTimesWritten(t *testing.T) {
	at := time.Date(2026, 1, 31, 20, 0, 0, 5e8, time.FixedZone("", 8*3600))
	if got := smpp.AbsoluteTime(at); got != "260131120000500+" {
		t.Error(got)
	}
	for d, want := range map[time.Duration]smpp.Time{
		0: "000000000001000R", 90 * time.Minute: "000000013000000R", 48 * time.Hour: "000002000000000R", 1e6 * time.Hour: "000099000000000R",
	} {
		if got := smpp.RelativeTime(d); got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
}
