//go:build bench

package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/egress"
	"simtrust/internal/keys"
	"simtrust/internal/outbox"
	"simtrust/internal/rpc"
	"simtrust/internal/smpp"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
	"simtrust/messaging/optin"
	"simtrust/messaging/sender"
	"simtrust/messaging/smsc"
	"simtrust/renumber"
)

const (
	messagePeople = 2_000
	crowdPeople   = 100_000
	crowdPage     = 10_000 // recipients of one request
)

// BenchmarkMessages measures text messages over their whole way, in process: the request with its recipient looked up and its quota
// taken, queued, submitted over SMPP to a service centre, reported as delivered by it, and told to a webhook that verifies nothing.
func BenchmarkMessages(b *testing.B) {
	machine(b)
	stores := []struct {
		name, url string
	}{{"SQLite", sqldbtest.SQLiteURL(b)}, {"PostgreSQL", postgresURL(b)}}
	var sites []*messageSite
	for _, store := range stores {
		progress("opting in %d people on %s", messagePeople, store.name)
		sites = append(sites, newMessageSite(b, sqldbtest.Open(b, store.url), messagePeople))
	}
	stop, err := profile(settings{Name: "messages"})
	check(b, err)
	var rows [][]string
	for _, clients := range []int{1, 64, 256} {
		var contenders []contender
		for i, s := range sites {
			contenders = append(contenders, contender{name: fmt.Sprintf("%s, %d clients", stores[i].name, clients),
				process: &process{pid: os.Getpid()}, clients: clients, step: s.message})
		}
		all := contest(b, "messages", 3, time.Second, 2*time.Second, contenders)
		for i, c := range contenders {
			s := all[c.name]
			rows = append(rows, []string{stores[i].name, fmt.Sprint(clients), fmt.Sprintf("%.0f", median(s, rate)), milliseconds(median(s, p50)),
				milliseconds(median(s, p99)), microseconds(median(s, cpu)), storeTime(stores[i].name, s)})
		}
	}
	check(b, stop())
	results.add("Text messages from the request to the webhook, one recipient each, in process",
		[]string{"store", "clients", "messages/s", "p50", "p99", "CPU each, service centre and webhook included", "PostgreSQL CPU"}, rows...)
}

// BenchmarkCampaign measures one content to a hundred thousand people, in requests of ten thousand.
func BenchmarkCampaign(b *testing.B) {
	machine(b)
	progress("opting in %d people on PostgreSQL", crowdPeople)
	s := newMessageSite(b, sqldbtest.Open(b, postgresURL(b)), crowdPeople)
	stop, err := profile(settings{Name: "campaign"})
	check(b, err)
	me := &process{pid: os.Getpid()}
	began, ours, theirs := time.Now(), me.cpu(b), storeCPU(b)
	accepted, delivered := s.campaign(b, began)
	ours, theirs = me.cpu(b)-ours, storeCPU(b)-theirs
	check(b, stop())
	each := func(d time.Duration) string { return microseconds(d / crowdPeople) }
	results.add(fmt.Sprintf("One message to %d people on PostgreSQL", crowdPeople),
		[]string{"accepted in", "all delivered and told in", "people/s", "CPU each, service centre and webhook included", "PostgreSQL CPU each", "resident memory"},
		[]string{accepted.Round(10 * time.Millisecond).String(), delivered.Round(10 * time.Millisecond).String(), fmt.Sprintf("%.0f", crowdPeople/delivered.Seconds()),
			each(ours), each(theirs), fmt.Sprintf("%.0f MiB", me.rss(b))})
}

// messageSite is the modules that a message passes, a service centre and a webhook.
type messageSite struct {
	db      *sqldb.DB
	senders *sender.Service
	service *messaging.Service
	chatbot string
	people  int
	next    atomic.Int64

	mu    sync.Mutex
	waits map[string]chan struct{} // by delivery, of those who wait for its end
	ended map[string]bool          // before anybody waited
	count atomic.Int64
}

func newMessageSite(b *testing.B, db *sqldb.DB, people int) *messageSite {
	b.Helper()
	s := &messageSite{db: db, people: people, waits: map[string]chan struct{}{}, ended: map[string]bool{}}
	check(b, sqldb.Migrate(b.Context(), db, outbox.Migrations(), renumber.Migrations(), sender.Migrations(), optin.Migrations(), dispatch.Migrations(),
		events.Migrations(), messaging.Migrations(), smsc.Migrations()))
	log := slog.New(slog.DiscardHandler)
	box := outbox.New(db, time.Now, log)
	holders := renumber.New(renumber.Deps{DB: db, Outbox: box, Now: time.Now}, renumber.Config{Zone: time.UTC})
	b.Cleanup(holders.Close)
	router := rpc.NewRouter(rpc.Config{Auth: everybody{}})
	holders.Mount(router)
	local := benchHolders{rpc.Local[renumber.HoldersReq, renumber.HoldersRes](router, "renumber.holders", ""),
		rpc.Local[renumber.LiveReq, renumber.HoldersRes](router, "renumber.live", "")}
	ring, err := keys.Open(b.Context(), b.TempDir(), keys.Options{Secret: filepath.Join(b.TempDir(), "secret"), CreateSecret: true})
	check(b, err)

	site := &benchRegister{}
	senders := sender.New(sender.Deps{DB: db, Authority: site, Deliveries: site, Outbox: box, Log: log, Now: time.Now}, sender.Config{Issuer: "https://id.example.com"})
	s.senders, s.chatbot = senders, site.liveChatbot(b, senders)
	optins, err := optin.New(optin.Deps{DB: db, Holders: local, Chatbots: benchChatbots{senders}, Outbox: box, Now: time.Now}, optin.Config{NumberKey: bytes.Repeat([]byte{1}, 32)})
	check(b, err)
	b.Cleanup(optins.Close)
	s.populate(b, holders, optins)

	told := events.New(events.Deps{DB: db, Chatbots: senders, Signer: ring, Log: log, Now: time.Now,
		Out: egress.New(egress.Options{Loopback: true}).Client(egress.Manner{Timeout: 10 * time.Second})}, events.Config{Issuer: "https://id.example.com", Plain: true})
	b.Cleanup(told.Close)
	hook := httptest.NewServer(http.HandlerFunc(s.told))
	b.Cleanup(hook.Close)
	listener := &benchListener{}
	queue := dispatch.New(dispatch.Deps{DB: db, Recipients: benchStill{optins}, Listener: listener, Log: log, Now: time.Now}, dispatch.Config{})
	b.Cleanup(queue.Close)
	bearer := smsc.New(smsc.Deps{DB: db, Reports: queue, Log: log, Now: time.Now}, smsc.Config{Address: serviceCentre(b), SystemID: "simtrust", Password: "password",
		Source: "10690001", Key: bytes.Repeat([]byte{2}, 32)})
	b.Cleanup(bearer.Close)
	queue.Carry("smsc", bearer, smsc.Text, smsc.Card)
	s.service = messaging.New(messaging.Deps{DB: db, Senders: senders, Recipients: optins, Holders: local, Distribution: queue, Events: told, Log: log, Now: time.Now},
		messaging.Config{Issuer: "https://id.example.com", Key: bytes.Repeat([]byte{3}, 32)})
	b.Cleanup(s.service.Close)
	listener.Service = s.service
	running(b, box.Run, queue.Run, told.Run, bearer.Run)
	_, err = told.SetWebhook(b.Context(), s.chatbot, events.Own, hook.URL)
	check(b, err)
	return s
}

// benchListener is set once what it stands on is made.
type benchListener struct{ *messaging.Service }

// everybody may ask for tenures.
type everybody struct{}

func (everybody) Authenticate(*http.Request) (rpc.Caller, error) {
	return rpc.Caller{Client: "module:messaging", Scopes: []string{renumber.ScopeTenures}}, nil
}

type benchHolders struct {
	holders func(context.Context, renumber.HoldersReq) (renumber.HoldersRes, error)
	live    func(context.Context, renumber.LiveReq) (renumber.HoldersRes, error)
}

func (h benchHolders) Holders(ctx context.Context, r renumber.HoldersReq) (renumber.HoldersRes, error) {
	return h.holders(ctx, r)
}

func (h benchHolders) Live(ctx context.Context, r renumber.LiveReq) (renumber.HoldersRes, error) {
	return h.live(ctx, r)
}

func (h benchHolders) Holder(context.Context, simtrust.Number) (simtrust.TenureID, error) {
	return "", nil // nobody writes back
}

type benchChatbots struct{ *sender.Service }

func (c benchChatbots) Named(context.Context, string) (string, error) { return "", nil }

// benchStill are opt-ins as the distribution asks for them.
type benchStill struct{ optins *optin.Service }

func (s benchStill) Still(ctx context.Context, q dispatch.Question, ids []simtrust.TenureID) (map[simtrust.TenureID]dispatch.Standing, error) {
	list, err := s.optins.Still(ctx, optin.Question{Chatbot: q.Chatbot, Class: optin.Class(q.Class)}, ids)
	out := make(map[simtrust.TenureID]dispatch.Standing, len(list))
	for _, r := range list {
		out[r.Tenure] = dispatch.Standing{Number: r.Number, Err: r.Err}
	}
	return out, err
}

// benchRegister is an authority with one enterprise certificate.
type benchRegister struct{ certificate ca.Certificate }

func (r *benchRegister) Certificate(context.Context, string) (ca.Certificate, error) {
	return r.certificate, nil
}

func (r *benchRegister) Delivered(context.Context, string, simtrust.TenureID) (bool, error) {
	return true, nil
}

// liveChatbot makes a chatbot that may send.
func (r *benchRegister) liveChatbot(b *testing.B, senders *sender.Service) string {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(b, err)
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{Organization: []string{"Example Ltd"}}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	check(b, err)
	sum := sha256.Sum256(raw)
	r.certificate = ca.Certificate{ID: "crt", Raw: raw, Profile: "enterprise", State: ca.StateIssued, Subject: ca.Subject{Organization: "Example Ltd"}, NotBefore: template.NotBefore, NotAfter: template.NotAfter}
	brand, err := senders.CreateBrand(b.Context(), sender.BrandReq{Name: "Example", Holder: "org", Organization: "Example Ltd", By: "bench"})
	check(b, err)
	_, err = senders.VerifyBrand(b.Context(), brand.ID, sender.Decision{By: "bench", Why: "bench"})
	check(b, err)
	limits := sender.Quotas{Second: 1e12, Day: 1e12, Month: 1e12, Year: 1e12}
	bot, err := senders.CreateChatbot(b.Context(), sender.ChatbotReq{Client: "bench", Brand: brand.ID, Name: "Example", SMSFallback: true, Quotas: limits, By: "bench"})
	check(b, err)
	proof, err := sender.NewProof(sender.Proof{Chatbot: bot.ID, CertificateSHA256: hex.EncodeToString(sum[:]), Audience: "https://id.example.com", Issued: now.Unix()}, key)
	check(b, err)
	bot, err = senders.Bind(b.Context(), sender.BindReq{Chatbot: bot.ID, Certificate: "crt", Proof: proof, By: "bench"})
	check(b, err)
	_, err = senders.Review(b.Context(), sender.Review{Chatbot: bot.ID, Revision: bot.Revision, Approved: true, Decision: sender.Decision{By: "bench", Why: "bench"}})
	check(b, err)
	return bot.ID
}

func messageNumber(i int) string { return fmt.Sprintf("+8613%09d", i) }

// populate gives every number a holder who has opted in.
func (s *messageSite) populate(b *testing.B, holders *renumber.Service, optins *optin.Service) {
	b.Helper()
	since := time.Now().Add(-24 * time.Hour)
	var page []renumber.FeedEvent
	for i := range s.people {
		page = append(page, renumber.FeedEvent{Seq: int64(i + 1), Type: renumber.Assign, Number: messageNumber(i), Holder: "h" + strconv.Itoa(i), Effective: since})
		if len(page) == renumber.MaxBatch || i == s.people-1 {
			_, err := holders.Feed(b.Context(), renumber.FeedReq{Source: "bench", Events: page})
			check(b, err)
			page = page[:0]
		}
	}
	var group sync.WaitGroup
	var next atomic.Int64
	for range 256 {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < s.people; i = int(next.Add(1)) - 1 {
				n, _ := simtrust.ParseNumber(messageNumber(i))
				if _, err := optins.OptIn(b.Context(), optin.OptIn{Chatbot: s.chatbot, Client: "bench", Number: n}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
}

// serviceCentre answers every submission and reports it as delivered at once.
func serviceCentre(b *testing.B) (address string) {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(b, err)
	var centre *smpp.Server
	var ids atomic.Int64
	centre = smpp.NewServer(smpp.Accounts{"simtrust": "password"}, smpp.HandlerFunc(func(_ context.Context, _ *smpp.Session, request smpp.PDU) (smpp.PDU, error) {
		submit, ok := request.(*smpp.SubmitSM)
		if !ok {
			return nil, smpp.StatusInvalidCommand
		}
		id := strconv.FormatInt(ids.Add(1), 16)
		answer := new(smpp.SubmitSMResp)
		answer.MessageID = id
		receipt := smpp.Receipt{ID: id, State: smpp.StateDelivered, Done: time.Now()}.For(&submit.Message)
		return smpp.Followed{PDU: answer, By: func() {
			for centre.Deliver(context.Background(), "simtrust", receipt) != nil {
				time.Sleep(10 * time.Millisecond) // it asks to come again
			}
		}}, nil
	}), smpp.ServerConfig{SystemID: "operator"})
	running(b, func(ctx context.Context) error { return centre.Serve(ctx, listener) })
	return listener.Addr().String()
}

func (s *messageSite) request(key string, to []string) messaging.SendReq {
	return messaging.SendReq{Client: "bench", Chatbot: s.chatbot, Key: key, To: to, Class: dispatch.ClassService, Steps: []messaging.Step{{Channel: gsma.SMS}},
		Content: gsma.Content{Text: "您尾号0001的账户支出48.00元。"}}
}

// message sends one and waits until the webhook has heard of its delivery.
func (s *messageSite) message(int) error {
	n := s.next.Add(1)
	sent, err := s.service.Send(context.Background(), s.request("", []string{messageNumber(int(n) % s.people)}))
	if err != nil {
		return err
	}
	s.await(sent.Recipients[0].Delivery)
	return nil
}

// await waits for the end of a delivery.
func (s *messageSite) await(delivery string) {
	s.mu.Lock()
	if s.ended[delivery] {
		delete(s.ended, delivery)
		s.mu.Unlock()
		return
	}
	c := make(chan struct{})
	s.waits[delivery] = c
	s.mu.Unlock()
	<-c
}

// told is the webhook.
func (s *messageSite) told(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Type, Nonce string
		Events      []struct {
			Type string
			Data messaging.DeliveryEvent
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, e := range in.Events {
		if e.Type == "message.delivered" {
			s.count.Add(1)
			s.end(e.Data.Delivery)
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"nonce": in.Nonce})
}

func (s *messageSite) end(delivery string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.waits[delivery]; c != nil {
		delete(s.waits, delivery)
		close(c)
		return
	}
	s.ended[delivery] = true
}

// campaign sends to everybody and waits until the webhook has heard of everybody.
func (s *messageSite) campaign(b *testing.B, began time.Time) (accepted, delivered time.Duration) {
	b.Helper()
	for page := range s.people / crowdPage {
		to := make([]string, crowdPage)
		for i := range to {
			to[i] = messageNumber(page*crowdPage + i)
		}
		sent, err := s.service.Send(b.Context(), s.request("page-"+strconv.Itoa(page), to))
		check(b, err)
		for _, r := range sent.Recipients {
			if r.Delivery == "" {
				b.Fatalf("a recipient is refused: %s", r.Reason)
			}
		}
		progress("campaign: accepted page %d", page+1)
	}
	accepted = time.Since(began)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for said := time.Now(); s.count.Load() < int64(s.people); <-tick.C {
		if time.Since(said) > 5*time.Second {
			progress("campaign: %d of %d are told", s.count.Load(), s.people)
			said = time.Now()
		}
	}
	return accepted, time.Since(began)
}
