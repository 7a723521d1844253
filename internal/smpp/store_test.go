//go:build e2e

package smpp_test

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"simtrust/internal/smpp"
	"simtrust/internal/sms"
)

// store is a service centre that keeps what it takes, and reports it delivered at once.
type store struct {
	server *smpp.Server
	texts  chan string
	taken  chan smpp.Message // segments
	inbox  *smpp.Inbox
	ids    chan string
}

func newStore() *store {
	ids := make(chan string, 100)
	for i := range cap(ids) {
		ids <- fmt.Sprint(1000 + i)
	}
	return &store{texts: make(chan string, 100), taken: make(chan smpp.Message, 100), ids: ids,
		inbox: smpp.NewInbox(sms.Limits{Messages: 10, PerSender: 10, Life: time.Minute})}
}

func (s *store) Handle(ctx context.Context, from *smpp.Session, request smpp.PDU) (smpp.PDU, error) {
	switch p := request.(type) {
	case *smpp.SubmitSM:
		return s.take(ctx, from, &p.Message)
	case *smpp.QuerySM:
		return &smpp.QuerySMResp{MessageID: p.MessageID, State: smpp.StateDelivered, FinalDate: smpp.AbsoluteTime(time.Now())}, nil
	case *smpp.CancelSM:
		return nil, smpp.StatusCancelFailed
	default:
		return nil, smpp.StatusInvalidCommand
	}
}

func (s *store) take(ctx context.Context, from *smpp.Session, m *smpp.Message) (smpp.PDU, error) {
	s.taken <- *m
	whole, complete, err := s.inbox.Add(from.SystemID(), m, time.Now())
	if err != nil {
		return nil, err
	}
	if complete {
		text, err := whole.Text()
		if err != nil {
			return nil, err
		}
		s.texts <- text
	}
	answer := &smpp.SubmitSMResp{Accepted: smpp.Accepted{MessageID: <-s.ids}}
	if m.Registered == 0 {
		return answer, nil
	}
	receipt := smpp.Receipt{ID: answer.MessageID, Submitted: 1, Delivered: 1, Sent: time.Now(), Done: time.Now(), State: smpp.StateDelivered}
	return smpp.Followed{PDU: answer, By: func() {
		_ = s.server.Deliver(ctx, from.SystemID(), receipt.For(m)) // the peer says whether it came
	}}, nil
}

// serveStore runs it until the end of the test.
func serveStore(t *testing.T, a smpp.Authenticator) (*store, int) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newStore()
	s.server = smpp.NewServer(a, s, smpp.ServerConfig{SystemID: "simtrust", BindTimeout: time.Minute, Link: patient})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s, listener.Addr().(*net.TCPAddr).Port
}
