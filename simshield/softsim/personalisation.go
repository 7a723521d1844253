package softsim

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"simtrust/internal/milenage"
	"simtrust/simshield/applet"
	"simtrust/simshield/ota"
)

// Personalisation is what the issuer puts on a card. Its secrets do not print.
type Personalisation struct {
	ICCID string // 18 to 20 digits (ITU-T E.118)
	IMSI  string // 6 to 15 digits
	// MNCLength is the number of digits of the mobile network code in IMSI, 2 or 3.
	MNCLength int

	K, OPc milenage.Key

	SIMPIN     PIN
	LoginPIN   PIN
	SigningPIN PIN

	OTA []KeySet
	// Levels are the minimum security levels of the applets. One not named has the lowest that there is, [ota.LevelDefault].
	Levels map[applet.Application]ota.Level `json:",omitempty"`
}

// KeySet is the key set of one number for packets over the air.
type KeySet struct {
	Number   int // 1 to 15
	KIc, KID Secret
	Legacy   bool `json:",omitempty"` // triple DES
}

// Secret is the octets of a key. It prints as a word, whatever the verb.
type Secret []byte

// Format writes a word in place of the octets.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "key") }

// LogValue implements [slog.LogValuer], for handlers that write JSON.
func (p Personalisation) LogValue() slog.Value { return slog.StringValue("personalisation") }

// LogValue implements [slog.LogValuer].
func (k KeySet) LogValue() slog.Value { return slog.IntValue(k.Number) }

func (k KeySet) keys() (*ota.Keys, error) {
	if k.Legacy {
		return ota.NewLegacyKeys(k.Number, k.KIc, k.KID)
	}
	return ota.NewKeys(k.Number, k.KIc, k.KID)
}

// errPersonalisation is wrapped by every refusal; the text never holds a secret.
var errPersonalisation = errors.New("softsim: personalisation")

func (p Personalisation) check() error {
	switch {
	case !decimal(p.ICCID) || len(p.ICCID) < 18 || len(p.ICCID) > 20:
		return fmt.Errorf("%w: the ICCID is not of 18 to 20 digits", errPersonalisation)
	case !decimal(p.IMSI) || len(p.IMSI) < 6 || len(p.IMSI) > 15:
		return fmt.Errorf("%w: the IMSI is not of 6 to 15 digits", errPersonalisation)
	case p.MNCLength != 2 && p.MNCLength != 3:
		return fmt.Errorf("%w: a mobile network code has 2 or 3 digits", errPersonalisation)
	case !p.SIMPIN.valid() || !p.LoginPIN.valid() || !p.SigningPIN.valid():
		return fmt.Errorf("%w: a PIN is not of 4 to 8 digits", errPersonalisation)
	}
	return p.checkKeySets()
}

func (p Personalisation) checkKeySets() error {
	seen := map[int]bool{}
	for _, k := range p.OTA {
		if seen[k.Number] {
			return fmt.Errorf("%w: key set %d occurs twice", errPersonalisation, k.Number)
		}
		seen[k.Number] = true
		if _, err := k.keys(); err != nil {
			return fmt.Errorf("%w: %w", errPersonalisation, err)
		}
	}
	return nil
}
