package softsim

// A command is a C-APDU with a short length (ISO/IEC 7816-4 §5.2), cases 1 to 4.
type command struct {
	cla, ins, p1, p2 byte
	data             []byte
	le               int // most octets expected, 1 to 256; 0 where the command has no Le
}

// parseCommand reads a command. Over T=0, P3 stands for Lc or Le, so five octets with P3 00 are case 1 or Le 256: which one is
// told by the instruction.
func parseCommand(apdu []byte) (command, status) {
	if len(apdu) < 4 {
		return command{}, swLength
	}
	c := command{cla: apdu[0], ins: apdu[1], p1: apdu[2], p2: apdu[3]}
	switch body := apdu[4:]; {
	case len(body) == 0:
		return c, swOK
	case len(body) == 1:
		c.le = expected(body[0])
		return c, swOK
	default:
		return c.withData(int(body[0]), body[1:])
	}
}

func (c command) withData(lc int, body []byte) (command, status) {
	if lc == 0 || len(body) < lc || len(body) > lc+1 {
		return command{}, swLength
	}
	c.data = body[:lc]
	if len(body) > lc {
		c.le = expected(body[lc])
	}
	return c, swOK
}

func expected(le byte) int {
	if le == 0 {
		return 256
	}
	return int(le)
}

// A status is the two status words SW1 SW2 (ETSI TS 102 221 §10.2.1).
type status uint16

const (
	swOK             status = 0x9000
	swProactive      status = 0x9100 // + length of the command to fetch
	swMoreData       status = 0x6100 // + octets that GET RESPONSE yields
	swWrongLe        status = 0x6c00 // + the right Le
	swToolkitBusy    status = 0x9300
	swUnprocessed    status = 0x6200
	swTriesLeft      status = 0x63c0 // + tries
	swMemory         status = 0x6581
	swLength         status = 0x6700
	swChannel        status = 0x6881
	swSecureMessage  status = 0x6882
	swNoCurrentEF    status = 0x6986
	swStructure      status = 0x6981
	swSecurity       status = 0x6982
	swBlocked        status = 0x6983
	swConditions     status = 0x6985
	swData           status = 0x6a80
	swFileNotFound   status = 0x6a82
	swRecordNotFound status = 0x6a83
	swParameters     status = 0x6a86
	swReference      status = 0x6a88
	swOffset         status = 0x6b00
	swInstruction    status = 0x6d00
	swClass          status = 0x6e00
	swWrongMAC       status = 0x9862 // TS 31.102 §7.3.1: incorrect MAC
	swContext        status = 0x9864 // security context not supported
)

func (s status) octets() []byte { return []byte{byte(s >> 8), byte(s)} }

// A response is what a handler answers: data and status words.
type response struct {
	data []byte
	sw   status
}
