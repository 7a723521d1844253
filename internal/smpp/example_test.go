package smpp_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

	"simtrust/internal/smpp"
	"simtrust/internal/sms"
)

// An operator's service centre, and an ESME that sends a message and hears what became of it.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	centre := smpp.NewServer(smpp.Accounts{"bank": "password"}, smpp.HandlerFunc(accept), smpp.ServerConfig{SystemID: "operator"})
	served := make(chan error)
	go func() { served <- centre.Serve(ctx, listener) }()

	receipts := make(chan smpp.Receipt, 1)
	bank := smpp.NewClient(receive(receipts), smpp.ClientConfig{
		Address: listener.Addr().String(),
		Bind:    smpp.Bind{SystemID: "bank", Password: "password"},
	})
	go bank.Run(ctx)

	template := smpp.Message{
		Source:      sms.Address{Type: sms.Alphanumeric, Value: "Bank"},
		Destination: sms.Address{Type: sms.International, Plan: sms.E164, Value: "8613800138000"},
		Registered:  smpp.RegisteredFinal,
	}
	parts, err := template.Split("您的验证码是 123456", smpp.CarryHeader, 1)
	if err != nil {
		log.Fatal(err)
	}
	for _, part := range parts {
		answer, err := bank.Submit(ctx, &smpp.SubmitSM{Message: part})
		if err != nil {
			log.Fatal(err) // smpp.ErrUnknown: ask what became of it before it is sent again
		}
		fmt.Println("accepted as", answer.MessageID)
	}

	receipt := smpp.Receipt{ID: "42", State: smpp.StateDelivered, Done: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)}
	if err := centre.Deliver(ctx, "bank", receipt.For(&template)); err != nil {
		log.Fatal(err)
	}
	got := <-receipts
	fmt.Println(got.ID, got.State)

	stop()
	if err := <-served; err != nil {
		log.Fatal(err)
	}
	// Output:
	// accepted as 42
	// 42 DELIVRD
}

// accept stands for a service centre that stores messages.
func accept(_ context.Context, _ *smpp.Session, request smpp.PDU) (smpp.PDU, error) {
	switch request.(type) {
	case *smpp.SubmitSM:
		answer := new(smpp.SubmitSMResp)
		answer.MessageID = "42"
		return answer, nil
	default:
		return nil, smpp.StatusInvalidCommand
	}
}

// receive returns the handler of an ESME.
func receive(receipts chan<- smpp.Receipt) smpp.Handler {
	return smpp.HandlerFunc(func(_ context.Context, _ *smpp.Session, request smpp.PDU) (smpp.PDU, error) {
		m, ok := request.(*smpp.DeliverSM)
		if !ok {
			return nil, smpp.StatusReceiverRejects
		}
		receipt, err := smpp.ParseReceipt(&m.Message)
		if err != nil {
			return nil, err
		}
		receipts <- receipt
		return nil, nil
	})
}
