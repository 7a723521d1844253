package purchase

import (
	"testing"
	"time"
)

// FuzzToken: whatever a person sends is read without harm, and counts only where it is what was made.
func FuzzToken(f *testing.F) {
	s := &Service{Config: Config{Key: make([]byte, 32)}}
	p := Purchase{ID: "pur_1", tenure: "ten_1", Amount: "1.00", Currency: "CNY", Expires: time.UnixMilli(1)}
	f.Add(s.token(p, confirm).String())
	f.Add(s.token(p, deny).String())
	f.Add("pur_1.confirm.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		said, ok := readToken(text)
		if !ok {
			return
		}
		if said.String() != text {
			t.Errorf("%q reads as %q", text, said)
		}
		if s.genuine(p, said) != (text == s.token(p, confirm).String() || text == s.token(p, deny).String()) {
			t.Errorf("%q is taken for another than it is", text)
		}
	})
}

// TestTokenBound: a token is of everything that the person was shown or asked by.
func TestTokenBound(t *testing.T) {
	s := &Service{Config: Config{Key: make([]byte, 32)}}
	p := Purchase{ID: "pur_1", tenure: "ten_1", Amount: "1.00", Currency: "CNY", Expires: time.UnixMilli(1)}
	made := s.token(p, confirm)
	for name, change := range map[string]func(*Purchase){
		"id":       func(p *Purchase) { p.ID = "pur_2" },
		"tenure":   func(p *Purchase) { p.tenure = "ten_2" },
		"amount":   func(p *Purchase) { p.Amount = "10.00" },
		"currency": func(p *Purchase) { p.Currency = "USD" },
		"expiry":   func(p *Purchase) { p.Expires = time.UnixMilli(2) },
	} {
		other := p
		change(&other)
		if s.genuine(other, made) {
			t.Errorf("good for another %s", name)
		}
	}
	again := &Service{Config: Config{Key: append(make([]byte, 31), 1)}}
	if again.genuine(p, made) || !s.genuine(p, made) {
		t.Error("good under another key, or not under its own")
	}
}
