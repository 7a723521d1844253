package usat

import (
	"simtrust/internal/tlv"
)

// Lengths in octets: of what one FETCH can answer, and of the longest value in a tag and a length of two octets.
const (
	longestCommand = 256
	longest        = 255
)

// Qualifiers of DISPLAY TEXT and GET INPUT (ETSI TS 102 223 §8.6).
const (
	HighPriority = 0x01 // DISPLAY TEXT: shown whatever is on the screen
	UserClears   = 0x80 // DISPLAY TEXT: stays until the person answers

	AnyCharacters = 0x01 // GET INPUT: not only digits * # +
	UCS2Input     = 0x02
	HiddenInput   = 0x04
	PackedInput   = 0x08
)

// Command is a proactive command.
type Command struct {
	Details
	Text     Text   // DISPLAY TEXT, GET INPUT
	Min, Max int    // GET INPUT: characters
	TPDU     []byte // SEND SHORT MESSAGE: an SMS-SUBMIT
}

// Display is a DISPLAY TEXT that stays until the person answers it.
func Display(number byte, text Text) Command {
	return Command{Details: Details{number, DisplayText, HighPriority | UserClears}, Text: text}
}

// Input is a GET INPUT of digits, hidden or not.
func Input(number byte, text Text, least, most int, hidden bool) Command {
	var qualifier byte
	if hidden {
		qualifier = HiddenInput
	}
	return Command{Details: Details{number, GetInput, qualifier}, Text: text, Min: least, Max: most}
}

// Send is a SEND SHORT MESSAGE.
func Send(number byte, tpdu []byte) Command {
	return Command{Details: Details{Number: number, Type: SendSMS}, TPDU: tpdu}
}

// Append appends the command. The errors are [ErrLength] and [ErrBeyond].
func (c Command) Append(dst []byte) ([]byte, error) {
	if len(c.Text.Octets) > longest || len(c.TPDU) > longest {
		return nil, ErrLength
	}
	body, err := c.body()
	if err != nil {
		return nil, err
	}
	if len(body) > longest {
		return nil, ErrLength
	}
	octets := tlv.AppendBER(nil, tagProactive, body)
	if len(octets) > longestCommand {
		return nil, ErrLength
	}
	return append(dst, octets...), nil
}

func (c Command) body() ([]byte, error) {
	b := c.Details.append(nil)
	switch c.Type {
	case DisplayText:
		return c.Text.append(appendDevices(b, deviceUICC, deviceDisplay)), nil
	case GetInput:
		b = c.Text.append(appendDevices(b, deviceUICC, deviceME))
		return tlv.AppendComprehension(b, tagResponseLength, true, []byte{byte(c.Min), byte(c.Max)}), nil
	case SendSMS:
		return tlv.AppendComprehension(appendDevices(b, deviceUICC, deviceNetwork), tagTPDU, true, c.TPDU), nil
	default:
		return nil, ErrBeyond
	}
}

// ParseCommand reads what FETCH answered. With [ErrBeyond] the details are those of the command, for its answer.
func ParseCommand(octets []byte) (Command, error) {
	e, err := only(octets)
	if err != nil || e.Tag != tagProactive {
		return Command{}, ErrMalformed
	}
	f, err := parseFields(e.Value, tagDetails, tagDevices, tagAddress, tagTPDU, tagText, tagResponseLength)
	if err != nil {
		return Command{Details: detailsOf(e.Value)}, err
	}
	d, err := f.details()
	if err != nil {
		return Command{}, err
	}
	c := Command{Details: d}
	return c, c.read(f)
}

// detailsOf returns the details of a command that has other elements nobody knows.
func detailsOf(body []byte) Details {
	r := tlv.Comprehension(body)
	e, err := r.Find(tagDetails)
	if err != nil || len(e.Value) != 3 {
		return Details{}
	}
	return Details{Number: e.Value[0], Type: Type(e.Value[1]), Qualifier: e.Value[2]}
}

func (c *Command) read(f fields) (err error) {
	switch c.Type {
	case DisplayText:
		c.Text, err = f.text(deviceDisplay)
	case GetInput:
		if c.Text, err = f.text(deviceME); err == nil {
			c.Min, c.Max, err = f.responseLength()
		}
	case SendSMS:
		err = f.between(deviceUICC, deviceNetwork)
		if c.TPDU = f[tagTPDU]; len(c.TPDU) == 0 {
			err = ErrMalformed
		}
	default:
		err = ErrBeyond
	}
	return err
}

// text reads the text of a command to device, which must say something.
func (f fields) text(device byte) (Text, error) {
	if err := f.between(deviceUICC, device); err != nil {
		return Text{}, err
	}
	if len(f[tagText]) == 0 {
		return Text{}, ErrMalformed
	}
	return parseText(f[tagText])
}

func (f fields) responseLength() (least, most int, err error) {
	v := f[tagResponseLength]
	if len(v) != 2 || v[0] > v[1] {
		return 0, 0, ErrMalformed
	}
	return int(v[0]), int(v[1]), nil
}
