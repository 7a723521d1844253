package gateway_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"simtrust/internal/sms"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

// simCard is a card as the network sees it: it opens packets, keeps the counter and answers as told.
type simCard struct {
	personal gateway.Personalisation
	keys     *ota.Keys

	mu      sync.Mutex
	last    ota.Counter
	packets *ota.Collector[sms.Address]
	got     []ota.Command // what it accepted
}

// key is 16 octets, which would do as two keys of DES too.
func key(n int, salt byte) []byte {
	k := make([]byte, 16)
	for i := range k {
		k[i] = byte(n) ^ salt*byte(i+1)
	}
	return k
}

func newCard(t testing.TB, n int) *simCard {
	t.Helper()
	p := gateway.Personalisation{
		ICCID: fmt.Sprintf("8986001234567890%04d", n), IMSI: fmt.Sprintf("46000123456%04d", n), KeySet: 1,
		KIc: key(n, 0x11), KID: key(n, 0xEE),
	}
	keys, err := ota.NewKeys(p.KeySet, p.KIc, p.KID)
	if err != nil {
		t.Fatal(err)
	}
	return &simCard{personal: p, keys: keys, packets: ota.CollectCommands[sms.Address](sms.Limits{Messages: 4, PerSender: 4, Life: time.Minute})}
}

// take gives the card a message. Its answer is the delivery report; later is the proof of receipt with data, by SMS-SUBMIT.
func (c *simCard) take(tpdus [][]byte, data []byte) (report []byte, later [][]byte, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, tpdu := range tpdus {
		from, u, err := ota.ReadDeliver(tpdu)
		if err != nil {
			return nil, nil, err
		}
		packet, complete, err := c.packets.Add(from, u, epoch)
		if err != nil {
			return nil, nil, err
		}
		if complete {
			return c.open(packet, from, data)
		}
	}
	return nil, nil, errors.New("the message is not complete")
}

func (c *simCard) open(packet []byte, from sms.Address, data []byte) (report []byte, later [][]byte, err error) {
	command, status := c.keys.OpenCommand(nil, packet, ota.Gate{Last: c.last})
	switch status {
	case ota.OK:
		c.last = command.Counter
		c.got = append(c.got, command)
		if later, err = c.proof(command, ota.OK, data, from); err != nil {
			return nil, nil, err
		}
		report, err = c.report(command, ota.ResponseBySubmit)
	case ota.CounterLow, ota.CounterHigh, ota.CounterBlocked:
		report, err = c.report(command, status)
	default:
		report, err = ota.DeliverReport(ota.AppendAnswer(nil, ota.AppendRefusal(nil, command.TAR, status)))
	}
	return report, later, err
}

func (c *simCard) report(command ota.Command, status ota.Status) ([]byte, error) {
	packet, err := c.keys.AppendResponse(nil, command, status, nil)
	if err != nil {
		return nil, err
	}
	return ota.DeliverReport(ota.AppendAnswer(nil, packet))
}

// proof is a proof of receipt of a command, in SMS-SUBMITs.
func (c *simCard) proof(command ota.Command, status ota.Status, data []byte, to sms.Address) ([][]byte, error) {
	packet, err := c.keys.AppendResponse(nil, command, status, data)
	if err != nil {
		return nil, err
	}
	return ota.Submits(packet, to, byte(command.Counter))
}

var centre = sms.Address{Type: sms.International, Plan: sms.E164, Value: "0"}

// accepted are the data that a card has acted on, in order.
func (c *simCard) accepted() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []string
	for _, command := range c.got {
		list = append(list, string(command.Data))
	}
	return list
}
