package ota_test

import (
	"fmt"
	"log"
	"time"

	"simtrust/internal/sms"
	"simtrust/simshield/ota"
)

// A command to the card and its proof of receipt back. The counters are stored where the comments say so.
func Example() {
	keys, err := ota.NewKeys(1, []byte("ciphering key 01"), []byte("checksum key  01"))
	if err != nil {
		log.Fatal(err)
	}
	sent, err := ota.Counter(41).Next(1) // stored by the server before the packet leaves
	if err != nil {
		log.Fatal(err)
	}
	packet, err := keys.AppendCommand(nil, ota.Command{SPI: ota.Default, TAR: ota.TAR{0xB0, 0x10, 0x01}, Counter: sent, Data: []byte("prompt")})
	if err != nil {
		log.Fatal(err)
	}
	tpdus, err := ota.Segments(packet, sms.Address{Plan: sms.E164, Value: "10086"}, sms.Timestamp{}, 1)
	if err != nil {
		log.Fatal(err)
	}

	report, err := keys.OpenResponse(nil, receive(keys, tpdus))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.TAR, report.Counter == sent, report.Status, string(report.Data))
	// Output: B01001 true 00 ok signature
}

// receive is the card.
func receive(keys *ota.Keys, tpdus [][]byte) []byte {
	inbox := ota.CollectCommands[sms.Address](sms.Limits{Messages: 4, PerSender: 2, Life: time.Minute})
	for _, tpdu := range tpdus {
		from, data, err := ota.ReadDeliver(tpdu)
		if err != nil {
			log.Fatal(err)
		}
		packet, complete, err := inbox.Add(from, data, time.Now())
		if err != nil {
			log.Fatal(err)
		}
		if !complete {
			continue
		}
		command, status := keys.OpenCommand(nil, packet, ota.Gate{Last: 41})
		if status != ota.OK { // authentic or not, nothing is done
			return ota.AppendRefusal(nil, command.TAR, status)
		}
		// command.Counter is stored here, before anything is shown.
		response, err := keys.AppendResponse(nil, command, ota.OK, []byte("signature"))
		if err != nil {
			log.Fatal(err)
		}
		return response
	}
	return nil
}
