package sandbox

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
)

// wallets are what the operator has paid people of red envelopes, each share once however often the server tells of it:
//
//	POST /red-envelopes  {"shares":[…]}  {}
type wallets struct {
	path string

	mu   sync.Mutex
	paid map[string]paidShare // by the share's id
}

type paidShare struct {
	Tenure   string `json:"tenure"`
	Currency string `json:"currency,omitempty"`
	Unit     string `json:"unit,omitempty"`
	Amount   int64  `json:"amount"`
}

type (
	sharesDue struct {
		Shares []struct {
			ID string `json:"id"`
			paidShare
		} `json:"shares"`
	}
	sharesPaid struct{}
)

const walletsFile = "wallets.json"

func openWallets(dir string) (*wallets, error) {
	w := &wallets{path: filepath.Join(dir, walletsFile), paid: map[string]paidShare{}}
	text, err := os.ReadFile(w.path)
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &w.paid)
	}
	return w, err
}

func (w *wallets) routes(mux *http.ServeMux, token string) {
	mux.HandleFunc("POST /red-envelopes", withToken(token, asked(w.pay)))
}

// pay keeps shares before it answers. What was paid before stays as it is.
func (w *wallets) pay(due sharesDue) (sharesPaid, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fresh := false
	for _, s := range due.Shares {
		if _, before := w.paid[s.ID]; !before {
			w.paid[s.ID], fresh = s.paidShare, true
		}
	}
	if !fresh {
		return sharesPaid{}, nil
	}
	text, err := json.Marshal(w.paid)
	if err != nil {
		return sharesPaid{}, err
	}
	return sharesPaid{}, replaceFile(w.path, text)
}

// of is what a person has: hundredths of currencies, KB and MB.
func (w *wallets) of(tenure string) map[string]int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	sums := map[string]int64{}
	for _, s := range w.paid {
		if s.Tenure == tenure {
			sums[s.Currency+s.Unit] += s.Amount
		}
	}
	return sums
}

// walletOf answers GET /numbers/{number}/wallet: what whoever has the number now was paid.
func (o *operator) walletOf(number string) (map[string]int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.world.subscriber(number)
	switch {
	case s == nil:
		return nil, errNoNumber
	case !s.Assigned:
		return nil, errFree
	}
	return o.exchange.wallets.of(s.Tenure), nil
}
