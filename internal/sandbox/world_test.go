package sandbox

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestWorldIsTheSameAfterARestart(t *testing.T) {
	dir := t.TempDir()
	w, err := openWorld(dir, 30)
	if err != nil {
		t.Fatal(err)
	}
	w.Subscribers[3].Tenure = "ten_x"
	w.Subscribers[3].retire(&operation{Before: *w.Subscribers[3], Event: feedEvent{Effective: time.Unix(1000, 0).UTC()}})
	if err := w.save(); err != nil {
		t.Fatal(err)
	}
	again, err := openWorld(dir, 99)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Subscribers) != 30 || again.Subscribers[3].Tenure != "ten_x" || len(again.Subscribers[3].Previous) != 1 ||
		again.Subscribers[7].IMSI != w.Subscribers[7].IMSI {
		t.Errorf("%+v", again.Subscribers[3])
	}
}

func TestDamagedWorldIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "world.json"), []byte(`{"subscribers":[`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openWorld(dir, 30); err == nil {
		t.Error("opened")
	}
}

func TestSubscribersAreDistinct(t *testing.T) {
	seen := map[string]string{}
	for i := range 600 {
		s := newSubscriber(i)
		for _, v := range []string{s.Number, s.IP, s.IMSI, s.ICCID, s.IMEI, s.Holder} {
			if other, ok := seen[v]; ok {
				t.Fatalf("%s is shared by %s and %s", v, other, s.Number)
			}
			seen[v] = s.Number
		}
		if len(s.Number) != 14 || len(s.IMSI) != 15 || len(s.ICCID) != 20 || len(s.IMEI) != 15 || len(s.SigningPIN) != 6 {
			t.Fatalf("%+v", s)
		}
		for _, p := range s.Previous {
			if !p.Since.Before(p.Until) || !p.Until.Before(s.Since) {
				t.Fatalf("%s: holdings overlap", s.Number)
			}
		}
	}
}

// TestNationalIDCheckCharacter recomputes ISO 7064 MOD 11-2 in the form of GB 11643: the weighted sum of all 18 places is 1 mod 11.
func TestNationalIDCheckCharacter(t *testing.T) {
	for range 200 {
		id := nationalID()
		sum := 0
		for i, c := range []byte(id) {
			v := int(c - '0')
			if c == 'X' {
				v = 10
			}
			sum += v * (1 << (17 - i) % 11)
		}
		if len(id) != 18 || sum%11 != 1 {
			t.Fatalf("%s: %d", id, sum%11)
		}
	}
}
