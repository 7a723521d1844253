package softsim

// classes of commands (ETSI TS 102 221 §10.1.1): interindustry ones on the basic logical channel without secure messaging, and
// those of the toolkit.
const (
	classISO     = 0x00
	classToolkit = 0x80
)

const (
	insTerminalProfile  = 0x10
	insFetch            = 0x12
	insTerminalResponse = 0x14
	insVerify           = 0x20
	insChangePIN        = 0x24
	insUnblockPIN       = 0x2c
	insAuthenticate     = 0x88
	insSelect           = 0xa4
	insReadBinary       = 0xb0
	insReadRecord       = 0xb2
	insGetResponse      = 0xc0
	insEnvelope         = 0xc2
	insStatus           = 0xf2
)

type instruction struct {
	cla byte
	run func(*Card, command) response
}

var instructions = map[byte]instruction{
	insTerminalProfile:  {classToolkit, (*Card).terminalProfile},
	insFetch:            {classToolkit, (*Card).fetch},
	insTerminalResponse: {classToolkit, (*Card).terminalResponse},
	insEnvelope:         {classToolkit, (*Card).envelope},
	insStatus:           {classToolkit, (*Card).status},
	insVerify:           {classISO, (*Card).verify},
	insChangePIN:        {classISO, (*Card).changePIN},
	insUnblockPIN:       {classISO, (*Card).unblockPIN},
	insAuthenticate:     {classISO, (*Card).authenticate},
	insSelect:           {classISO, (*Card).selectFile},
	insReadBinary:       {classISO, (*Card).readBinary},
	insReadRecord:       {classISO, (*Card).readRecord},
	insGetResponse:      {classISO, (*Card).getResponse},
}

// find returns the handler of a command. Channels other than 0 and secure messaging exist in neither class.
func find(c command) (func(*Card, command) response, status) {
	switch base := c.cla &^ 0x0f; {
	case base != classISO && base != classToolkit:
		return nil, swClass
	case c.cla&0x03 != 0:
		return nil, swChannel
	case c.cla&0x0c != 0:
		return nil, swSecureMessage
	}
	i, ok := instructions[c.ins]
	switch {
	case !ok:
		return nil, swInstruction
	case i.cla != c.cla:
		return nil, swClass
	default:
		return i.run, swOK
	}
}
