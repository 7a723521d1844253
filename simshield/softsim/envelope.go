package softsim

import (
	"errors"
	"time"

	"simtrust/internal/sms"
	"simtrust/simshield/applet"
	"simtrust/simshield/ota"
	"simtrust/simshield/softsim/usat"
)

// segmentLimits bound what a card holds of packets in several segments.
var segmentLimits = sms.Limits{Messages: 4, PerSender: 2, Life: 5 * time.Minute}

// envelope is ENVELOPE (ETSI TS 102 221 §11.2.2) with an SMS-DELIVER in it (SMS-PP DOWNLOAD). Whatever is not a secured packet is
// refused here, so nothing unsecured reaches an applet. The answer is a response packet, with SW 62 00 where the command proved nothing.
func (c *Card) envelope(cmd command) response {
	if cmd.p1 != 0 || cmd.p2 != 0 {
		return response{sw: swParameters}
	}
	tpdu, err := usat.ParseDownload(cmd.data)
	if err != nil {
		return response{sw: swData}
	}
	from, at, segment, ok := readDeliver(tpdu)
	if !ok {
		return response{sw: swData}
	}
	packet, complete, err := c.toolkit.collect(from, segment, at)
	switch {
	case err != nil:
		return response{sw: swData}
	case !complete:
		return response{sw: swOK}
	}
	return c.receive(from, at, packet)
}

// collect puts packets together. A segment that does not go with what is there makes the card forget that and begin anew: a stray
// segment, which anybody can send, must not keep the platform's out.
func (t *toolkit) collect(from sms.Address, segment sms.UserData, at time.Time) (packet []byte, complete bool, err error) {
	if t.segments != nil {
		packet, complete, err = t.segments.Add(from, segment, at)
		if !errors.Is(err, sms.ErrMixed) && !errors.Is(err, sms.ErrBusy) {
			return packet, complete, err
		}
	}
	t.segments = ota.CollectCommands[sms.Address](segmentLimits)
	return t.segments.Add(from, segment, at)
}

// readDeliver reads a short message for the card. A card has no clock: what time it is, the service centre says.
func readDeliver(tpdu []byte) (from sms.Address, at time.Time, segment sms.UserData, ok bool) {
	from, segment, err := ota.ReadDeliver(tpdu)
	if err != nil {
		return from, at, segment, false
	}
	d, err := sms.ParseDeliver(tpdu)
	if err != nil {
		return from, at, segment, false
	}
	at, err = d.Time.Time()
	return from, at, segment, err == nil
}

// receive opens a command packet (ETSI TS 102 225 §5.1): first the application and its security level, then checksum, then counter.
func (c *Card) receive(from sms.Address, at time.Time, packet []byte) response {
	header, err := ota.ReadHeader(packet)
	if err != nil {
		return response{sw: swData}
	}
	app, known := application(header.TAR)
	if !known {
		return refused(header.TAR, ota.UnknownTAR)
	}
	set, keys := c.keySet(header.KeySet())
	if keys == nil {
		return refused(header.TAR, ota.InsufficientSecurity)
	}
	opened, status := keys.OpenCommand(nil, packet, ota.Gate{Minimum: c.kept.card.Levels[app], Last: c.kept.counters[set]})
	x := &exchange{card: c, app: app, set: set, keys: keys, packet: opened, from: from, at: at}
	switch status {
	case ota.OK:
		return x.begin()
	case ota.CounterLow, ota.CounterHigh, ota.CounterBlocked:
		return x.report(status, nil)
	default:
		return refused(header.TAR, status)
	}
}

// refused is the answer to a packet that proved nothing: it is not secured and says what everybody knows.
func refused(tar ota.TAR, status ota.Status) response {
	return response{data: ota.AppendAnswer(nil, ota.AppendRefusal(nil, tar, status)), sw: swUnprocessed}
}

func application(tar ota.TAR) (applet.Application, bool) {
	for a := applet.Application(1); a <= applications; a++ {
		if a.TAR() == tar {
			return a, true
		}
	}
	return 0, false
}

// keySet prepares the keys of a number for one packet.
func (c *Card) keySet(number int) (int, *ota.Keys) {
	for _, k := range c.kept.card.OTA {
		if k.Number == number {
			keys, _ := k.keys() // checked at personalisation
			return number, keys
		}
	}
	return 0, nil
}
