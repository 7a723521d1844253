//go:build bench

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging"
	"simtrust/messaging/rbm"
	"simtrust/messaging/sender"
)

// BenchmarkFaceRBM measures what the face of RCS for Business costs over the own API: the same text to one person, from the request to the
// durable answer, in process and without sockets.
func BenchmarkFaceRBM(b *testing.B) {
	machine(b)
	stores := []struct{ name, url string }{{"SQLite", sqldbtest.SQLiteURL(b)}, {"PostgreSQL", postgresURL(b)}}
	var rows [][]string
	for _, store := range stores {
		s := newMessageSite(b, sqldbtest.Open(b, store.url), messagePeople)
		router := s.faceRBM(b)
		for _, clients := range []int{1, 64} {
			names := [2]string{fmt.Sprintf("own API, %s, %d clients", store.name, clients), fmt.Sprintf("RBM, %s, %d clients", store.name, clients)}
			me := &process{pid: os.Getpid()}
			all := contest(b, "face RBM", 3, time.Second, 2*time.Second, []contender{
				{name: names[0], process: me, clients: clients, step: s.ownRequest(router)},
				{name: names[1], process: me, clients: clients, step: s.rbmRequest(router)},
			})
			own, face := all[names[0]], all[names[1]]
			rows = append(rows, []string{store.name, fmt.Sprint(clients), fmt.Sprintf("%.0f", median(own, rate)), fmt.Sprintf("%.0f", median(face, rate)),
				fmt.Sprintf("%.2f", median(own, rate)/median(face, rate)), milliseconds(median(own, p50)), milliseconds(median(face, p50))})
		}
	}
	results.add("RCS for Business over the own API: one text to one person, accepted",
		[]string{"store", "clients", "own API/s", "RBM/s", "ratio", "own API p50", "RBM p50"}, rows...)
}

// benchCaller is the chatbot's client.
type benchCaller struct{}

func (benchCaller) Authenticate(*http.Request) (rpc.Caller, error) {
	return rpc.Caller{Client: "bench", Scopes: []string{messaging.ScopeSend}}, nil
}

// benchAgents are the chatbots, as the face knows them.
type benchAgents struct{ *sender.Service }

func (a benchAgents) Known(context.Context, string) error { return nil }

func (a benchAgents) Sole(context.Context, string) (string, error) { return "", nil }

func (a benchAgents) Degrades(ctx context.Context, chatbot string) (bool, error) {
	c, err := a.Live(ctx, chatbot)
	return c.SMSFallback, err
}

// benchNumbers know nobody: the face asks only for what comes again.
type benchNumbers struct{}

func (benchNumbers) Number(context.Context, string) (simtrust.Number, error) {
	return simtrust.Number{}, nil
}

func (benchNumbers) Talker(context.Context, string, string) (simtrust.Number, error) {
	return simtrust.Number{}, nil
}

func (s *messageSite) faceRBM(b *testing.B) *rpc.Router {
	b.Helper()
	check(b, sqldb.Migrate(b.Context(), s.db, rbm.Migrations()))
	router := rpc.NewRouter(rpc.Config{Auth: benchCaller{}})
	s.service.Mount(router)
	rbm.New(rbm.Deps{DB: s.db, Messages: s.service, People: benchNumbers{}, Agents: benchAgents{s.senders}, Out: http.DefaultClient, Log: slog.New(slog.DiscardHandler),
		Now: time.Now}, rbm.Config{Issuer: "https://id.example.com", Key: bytes.Repeat([]byte{4}, 32)}).Mount(router)
	return router
}

const benchText = "您尾号0001的账户支出48.00元。"

func (s *messageSite) ownRequest(router *rpc.Router) func(int) error {
	return func(int) error {
		n := s.next.Add(1)
		body := fmt.Sprintf(`{"chatbot":%q,"key":"own-%d","to":[%q],"class":"service","content":{"text":%q}}`, s.chatbot, n, messageNumber(int(n)%s.people), benchText)
		return benchPost(router, "/messaging/v1/messages", body, http.StatusAccepted)
	}
}

func (s *messageSite) rbmRequest(router *rpc.Router) func(int) error {
	return func(int) error {
		n := s.next.Add(1)
		path := fmt.Sprintf("/rbm/v1/phones/%s/agentMessages?messageId=rbm-%d&agentId=%s", messageNumber(int(n)%s.people), n, s.chatbot)
		return benchPost(router, path, fmt.Sprintf(`{"contentMessage":{"text":%q},"messageTrafficType":"SERVICEREQUEST","ttl":"86400s"}`, benchText), http.StatusOK)
	}
}

func benchPost(router *rpc.Router, path, body string, want int) error {
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	res := httptest.NewRecorder()
	if router.ServeHTTP(res, req); res.Code != want {
		return fmt.Errorf("%d %s", res.Code, res.Body)
	}
	return nil
}
