package redenvelope_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging"
	"simtrust/messaging/redenvelope"
	"simtrust/renumber"
)

var start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

const (
	shop, shopClient = "bot_shop", "app_shop"
	bank, bankClient = "bot_bank", "app_bank"
)

var yuan = redenvelope.Asset{Kind: redenvelope.Money, Unit: "CNY"}

// outside is all that the module stands on but the store.
type outside struct {
	mu       sync.Mutex
	time     time.Time
	away     error // of renumber
	ended    map[simtrust.TenureID]bool
	holders  map[simtrust.TenureID]renumber.Holder // beside the usual ones
	numbers  map[simtrust.TenureID]int64           // on a telephone
	sent     []messaging.SendReq
	byKey    map[string]string
	on       map[string]bool // message and tenure: on the handset
	sendErr  error
	paid     map[string]redenvelope.Payment
	calls    int
	payErr   error
	doubling bool // payments are kept, and refused all the same
}

func newOutside() *outside {
	return &outside{time: start, ended: map[simtrust.TenureID]bool{}, holders: map[simtrust.TenureID]renumber.Holder{}, numbers: map[simtrust.TenureID]int64{},
		byKey: map[string]string{}, on: map[string]bool{}, paid: map[string]redenvelope.Payment{}}
}

func (o *outside) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.time
}

func (o *outside) pass(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.time = o.time.Add(d)
}

var clients = map[string]string{shop: shopClient, bank: bankClient}

func (o *outside) Owned(_ context.Context, client, chatbot string) error {
	if client == "" || clients[chatbot] != client {
		return &simtrust.Error{Kind: simtrust.KindDenied, Reason: "not_yours"}
	}
	return nil
}

func (o *outside) Client(_ context.Context, chatbot string) (string, error) {
	if client, ok := clients[chatbot]; ok {
		return client, nil
	}
	return "", &simtrust.Error{Kind: simtrust.KindNotFound, Reason: "unknown_chatbot"}
}

func (o *outside) Live(_ context.Context, req renumber.LiveReq) (res renumber.HoldersRes, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.away != nil {
		return res, o.away
	}
	for _, t := range req.Tenures {
		id := simtrust.TenureID(t)
		if o.ended[id] {
			continue
		}
		h, ok := o.holders[id]
		if !ok {
			h = renumber.Holder{Number: "+8613800000001", Opened: start.AddDate(-2, 0, 0), SIMChanged: start.AddDate(-1, 0, 0), Usable: true}
		}
		h.Tenure, h.Current = t, true
		res.Holders = append(res.Holders, h)
	}
	return res, nil
}

func (o *outside) Devices(_ context.Context, req renumber.DevicesReq) (res renumber.DevicesRes, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, t := range req.Tenures {
		if n := o.numbers[simtrust.TenureID(t)]; n > 0 {
			res.Devices = append(res.Devices, renumber.Device{Tenure: t, Numbers: n})
		}
	}
	return res, o.away
}

func (o *outside) Send(_ context.Context, req messaging.SendReq) (messaging.Sent, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sendErr != nil {
		return messaging.Sent{}, o.sendErr
	}
	if id, ok := o.byKey[req.Chatbot+" "+req.Key]; ok {
		return messaging.Sent{Message: id, Repeated: true, Recipients: make([]messaging.Recipient, len(req.To))}, nil
	}
	id := fmt.Sprintf("msg_%d", len(o.sent))
	o.sent, o.byKey[req.Chatbot+" "+req.Key] = append(o.sent, req), id
	return messaging.Sent{Message: id, Recipients: make([]messaging.Recipient, len(req.To))}, nil
}

func (o *outside) messages() []messaging.SendReq {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.sent)
}

func (o *outside) ByKey(_ context.Context, chatbot, key string) (string, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	id, ok := o.byKey[chatbot+" "+key]
	return id, ok, nil
}

func (o *outside) Delivered(_ context.Context, message string, tenure simtrust.TenureID) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.on[message+" "+string(tenure)], nil
}

func (o *outside) Conversation(chatbot string, tenure simtrust.TenureID) string {
	return "cnv_" + chatbot + "_" + strings.TrimPrefix(string(tenure), "ten_")
}

func (o *outside) Fulfil(_ context.Context, list []redenvelope.Payment) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	if o.payErr != nil && !o.doubling {
		return o.payErr
	}
	for _, p := range list {
		o.paid[p.ID] = p
	}
	return o.payErr
}

// world is the module on one store, with what is around it.
type world struct {
	*redenvelope.Service
	*outside
	t         testing.TB
	db        *sqldb.DB
	fulfiller redenvelope.Fulfiller // of further nodes; usually outside
}

func newWorld(t testing.TB, db *sqldb.DB) *world {
	w := &world{outside: newOutside(), t: t, db: db}
	w.fulfiller = w.outside
	w.Service = w.node()
	return w
}

// node is another server on the same store.
func (w *world) node() *redenvelope.Service {
	s := redenvelope.New(redenvelope.Deps{DB: w.db, Chatbots: w.outside, Holders: w.outside, Messages: w.outside, Fulfiller: w.fulfiller,
		Log: slog.New(slog.DiscardHandler), Now: w.now})
	w.t.Cleanup(s.Close)
	return s
}

// Send is that of the module, not that of the messages.
func (w *world) Send(ctx context.Context, client, id string, c redenvelope.Card) (messaging.Sent, error) {
	return w.Service.Send(ctx, client, id, c)
}

// Fulfil is that of the module, not that of the operator.
func (w *world) Fulfil(ctx context.Context) error { return w.Service.Fulfil(ctx) }

var schema = []sqldb.Migrations{redenvelope.Migrations()}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, schema, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		test(t, w)
		w.audit()
	})
}

// until waits for what happens on another goroutine.
func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !done(); <-tick.C {
		if time.Now().After(end) {
			w.t.Fatal("never: " + what)
		}
	}
}

func (w *world) fund(amount int64) {
	w.t.Helper()
	if _, err := w.Fund(w.t.Context(), redenvelope.Funding{Chatbot: shop, Key: simtrust.NewID("fund"), Asset: yuan, Amount: amount}); err != nil {
		w.t.Fatal(err)
	}
}

func request(budget, shares int64) redenvelope.Request {
	return redenvelope.Request{Chatbot: shop, Key: simtrust.NewID("key"), Asset: yuan, Budget: budget, Shares: shares, Split: redenvelope.Random,
		Expires: start.Add(24 * time.Hour)}
}

// campaign makes one that is funded.
func (w *world) campaign(r redenvelope.Request) redenvelope.Campaign {
	w.t.Helper()
	w.fund(r.Budget)
	c, err := w.Create(w.t.Context(), shopClient, r)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func tenure(i int) simtrust.TenureID { return simtrust.TenureID(fmt.Sprintf("ten_%026d", i)) }

func (w *world) claims(campaign string, i int) redenvelope.Share {
	w.t.Helper()
	share, err := w.Claim(w.t.Context(), campaign, tenure(i))
	if err != nil {
		w.t.Fatal(err)
	}
	return share
}

// refused makes a claim that must change nothing, for a reason.
func (w *world) refused(campaign string, i int, reason string) {
	w.t.Helper()
	before := w.fingerprint()
	share, err := w.Claim(w.t.Context(), campaign, tenure(i))
	if simtrust.ReasonOf(err) != reason || share != (redenvelope.Share{}) {
		w.t.Errorf("%+v %v, want %s", share, err, reason)
	}
	if after := w.fingerprint(); after != before {
		w.t.Errorf("a claim refused for %s changed %s to %s", reason, before, after)
	}
}

func (w *world) shown(id string) redenvelope.Campaign {
	w.t.Helper()
	c, err := w.Campaign(w.t.Context(), shopClient, id)
	if err != nil {
		w.t.Fatal(err)
	}
	if c.Budget != c.Claimed+c.Left+c.Refunded {
		w.t.Errorf("the sums of a campaign do not add up: %+v", c)
	}
	return c
}

func (w *world) number(query string, args ...any) (n int64) {
	w.t.Helper()
	if err := w.db.QueryRow(w.t.Context(), query, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) fingerprint() string {
	w.t.Helper()
	return fmt.Sprint(
		w.number(`select count(*) from messaging_redenvelope_entry`), w.number(`select coalesce(sum(amount), 0) from messaging_redenvelope_entry`),
		w.number(`select coalesce(sum(balance), 0) from messaging_redenvelope_account`),
		w.number(`select coalesce(sum(left_amount), 0) from messaging_redenvelope_campaign`), w.number(`select coalesce(sum(given), 0) from messaging_redenvelope_campaign`))
}

// crooked counts accounts whose balance is not what their entries say, in one statement and so at one moment.
const crooked = `select
	(select count(*) from messaging_redenvelope_account a where a.balance <>
		coalesce((select sum(amount) from messaging_redenvelope_entry where credit = a.id), 0) -
		coalesce((select sum(amount) from messaging_redenvelope_entry where debit = a.id), 0)) +
	(select count(*) from messaging_redenvelope_campaign c where c.left_amount <>
		coalesce((select sum(amount) from messaging_redenvelope_entry where credit = c.id), 0) -
		coalesce((select sum(amount) from messaging_redenvelope_entry where debit = c.id), 0)) +
	(select count(*) from messaging_redenvelope_campaign c where c.given <>
		(select count(*) from messaging_redenvelope_entry where debit = c.id and number > 0)) +
	(select count(*) from messaging_redenvelope_campaign c where c.refunded <>
		coalesce((select sum(amount) from messaging_redenvelope_entry where debit = c.id and number = 0), 0)) +
	(select count(*) from messaging_redenvelope_entry e where e.number > 0 and not exists
		(select 1 from messaging_redenvelope_campaign c where c.id = e.debit))`

// unbalanced is what others hold beyond what the operator put in; one statement too, for what a dying process had begun may still commit.
const unbalanced = `select
	(select coalesce(sum(balance), 0) from messaging_redenvelope_account) +
	(select coalesce(sum(left_amount), 0) from messaging_redenvelope_campaign) +
	(select coalesce(sum(amount), 0) from messaging_redenvelope_entry where number > 0) -
	(select coalesce(sum(amount), 0) from messaging_redenvelope_entry where debit like 'operator/%')`

// audit holds the ledger: every balance is the sum of its entries, and what the operator put in is what others hold.
func (w *world) audit() {
	w.t.Helper()
	if n := w.number(crooked); n != 0 {
		w.t.Errorf("%d accounts do not agree with the ledger", n)
	}
	if n := w.number(unbalanced); n != 0 {
		w.t.Errorf("others hold %d more than the operator put in", n)
	}
}
