//go:build bench

package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/redenvelope"
	"simtrust/renumber"
)

// BenchmarkRedEnvelope measures claims on one campaign, each by another person and durable, in process: against one transaction for each claim
// that locks the campaign's row, looks whether the person has claimed, and writes the share and the campaign. It ends only where every
// ledger is exact.
func BenchmarkRedEnvelope(b *testing.B) {
	machine(b)
	alone := []sqldb.Option{sqldb.WithoutCoalescing(), sqldb.WithMaxConns(aloneConns)}
	stores := []struct {
		name, url string
		opts      []sqldb.Option
	}{
		{"SQLite", sqldbtest.SQLiteURL(b), nil},
		{"SQLite", sqldbtest.SQLiteURL(b), alone},
		{"PostgreSQL", postgresURL(b), nil},
		{"PostgreSQL", postgresURL(b), alone},
	}
	ways := []string{"coalesced", "row lock", "coalesced", "row lock"}
	var sites []*envelopeSite
	for _, store := range stores {
		sites = append(sites, newEnvelopeSite(b, sqldbtest.Open(b, store.url, store.opts...)))
	}
	stop, err := profile(settings{Name: "redenvelope"})
	check(b, err)
	var rows [][]string
	for _, clients := range []int{64, 1024} {
		var contenders []contender
		for i, s := range sites {
			contenders = append(contenders, contender{name: fmt.Sprintf("%s, %s, %d callers", stores[i].name, ways[i], clients),
				process: &process{pid: os.Getpid()}, clients: clients, step: s.claim})
		}
		all := contest(b, "redenvelope", 3, time.Second, 2*time.Second, contenders)
		for i, c := range contenders {
			s, against := all[c.name], ""
			if ways[i] == "coalesced" {
				against = fmt.Sprintf("%.1f", ratio(s, all[contenders[i+1].name], rate))
			}
			rows = append(rows, []string{stores[i].name, ways[i], fmt.Sprint(clients), fmt.Sprintf("%.0f", median(s, rate)), against,
				milliseconds(median(s, p50)), milliseconds(median(s, p99)), microseconds(median(s, cpu)), storeTime(stores[i].name, s)})
		}
	}
	check(b, stop())
	for _, s := range sites {
		s.audit(b)
	}
	results.add("Red envelopes: claims on one campaign, in process, ledgers exact at the end",
		[]string{"store", "claims", "callers", "claims/s", "against row lock", "p50", "p99", "CPU each", "PostgreSQL CPU"}, rows...)
}

// envelopeSite is the module over a store, with one campaign.
type envelopeSite struct {
	db        *sqldb.DB
	envelopes *redenvelope.Service
	campaign  string
}

const (
	envelopeShares = 10_000_000
	envelopeBudget = 100 * envelopeShares
)

func newEnvelopeSite(b *testing.B, db *sqldb.DB) *envelopeSite {
	b.Helper()
	check(b, sqldb.Migrate(b.Context(), db, redenvelope.Migrations()))
	s := &envelopeSite{db: db, envelopes: redenvelope.New(redenvelope.Deps{DB: db, Chatbots: oneChatbot{}, Holders: longHeld{}, Log: slog.New(slog.DiscardHandler), Now: time.Now})}
	b.Cleanup(s.envelopes.Close)
	yuan := redenvelope.AssetIn("CNY")
	_, err := s.envelopes.Fund(b.Context(), redenvelope.Funding{Chatbot: "bot", Key: "all", Asset: yuan, Amount: envelopeBudget})
	check(b, err)
	c, err := s.envelopes.Create(b.Context(), "client", redenvelope.Request{Chatbot: "bot", Key: "one", Asset: yuan, Budget: envelopeBudget, Shares: envelopeShares,
		Split: redenvelope.Random, Expires: time.Now().Add(24 * time.Hour)})
	check(b, err)
	s.campaign = c.ID
	return s
}

func (s *envelopeSite) claim(int) error {
	_, err := s.envelopes.Claim(context.Background(), s.campaign, simtrust.NewTenureID())
	return err
}

// audit holds the campaign against the sum of its entries.
func (s *envelopeSite) audit(b *testing.B) {
	b.Helper()
	c, err := s.envelopes.Campaign(b.Context(), "client", s.campaign)
	check(b, err)
	var shares, amount int64
	check(b, s.db.QueryRow(b.Context(), `select count(*), coalesce(sum(amount), 0) from messaging_redenvelope_entry where debit = $1`, s.campaign).Scan(&shares, &amount))
	if shares == 0 || shares != c.Given || amount != c.Claimed || c.Left != envelopeBudget-amount {
		b.Fatalf("the ledger has %d shares of %d: %+v", shares, amount, c)
	}
}

// oneChatbot belongs to everybody.
type oneChatbot struct{}

func (oneChatbot) Owned(context.Context, string, string) error { return nil }

func (oneChatbot) Client(context.Context, string) (string, error) { return "client", nil }

// longHeld are people without a fault.
type longHeld struct{}

func (longHeld) Live(_ context.Context, req renumber.LiveReq) (renumber.HoldersRes, error) {
	res := renumber.HoldersRes{Holders: make([]renumber.Holder, len(req.Tenures))}
	for i, t := range req.Tenures {
		res.Holders[i] = renumber.Holder{Tenure: t, Current: true, Usable: true}
	}
	return res, nil
}

func (longHeld) Devices(context.Context, renumber.DevicesReq) (renumber.DevicesRes, error) {
	return renumber.DevicesRes{}, nil
}
