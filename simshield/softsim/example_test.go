package softsim_test

import (
	"context"
	"fmt"

	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/eeprom"
	"simtrust/simshield/softsim/handset"
)

// owner answers every prompt.
type owner struct{}

func (owner) Display(_ context.Context, text string) handset.Answer {
	fmt.Println(text)
	return handset.OK
}

func (owner) Input(_ context.Context, p handset.Prompt) (string, handset.Answer) {
	fmt.Println(p.Text)
	return "147258", handset.OK
}

func Example() {
	card, err := softsim.New(&eeprom.RAM{}, softsim.Personalisation{
		ICCID: "89860012345678901234", IMSI: "460001234567890", MNCLength: 2,
		SIMPIN: "1234", LoginPIN: "2580", SigningPIN: "147258",
		OTA: []softsim.KeySet{{Number: 1, KIc: []byte("sixteen octets 1"), KID: []byte("sixteen octets 2")}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	send := func(_ context.Context, submit []byte) error { return nil } // to the service centre
	phone := handset.New(card, owner{}, send)
	if err := phone.PowerOn("1234"); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%x\n", card.Transmit([]byte{0x00, 0xa4, 0x00, 0x0c, 0x02, 0x2f, 0xe2})) // SELECT EF_ICCID
	fmt.Printf("%x\n", card.Transmit([]byte{0x00, 0xb0, 0x00, 0x00, 0x0a}))             // READ BINARY
	// Output:
	// 9000
	// 986800214365870921439000
}
