package session

import (
	"errors"
	"slices"
)

// Protocol is the value of X-Admin-Protocol.
const Protocol = "globalplatform-remote-admin/1.0"

// Content types of the packets.
const (
	CommandType  = "application/vnd.etsi.scp.command-data;version=1.0"
	ResponseType = "application/vnd.etsi.scp.response-data;version=1.0"
)

// Header fields.
const (
	headerProtocol = "X-Admin-Protocol"
	headerFrom     = "X-Admin-From"
	headerStatus   = "X-Admin-Script-Status"
	headerResume   = "X-Admin-Resume"
	headerNext     = "X-Admin-Next-Uri" // as net/http writes it; names of fields are read in any case
	headerType     = "Content-Type"
)

// MaxPacket bounds a packet in octets: the answers of applets have a few hundred.
const MaxPacket = 4096

// Status is what became of the last command (X-Admin-Script-Status). A response packet goes with OK, and with no other.
type Status string

// The statuses.
const (
	OK                 Status = "ok"
	UnknownApplication Status = "unknown-application"
	NotASecurityDomain Status = "not-a-security-domain"
	SecurityError      Status = "security-error"
)

func (s Status) known() bool {
	return slices.Contains([]Status{OK, UnknownApplication, NotASecurityDomain, SecurityError}, s)
}

// What is wrong with a request or an answer.
var (
	ErrProtocol    = errors.New("session: X-Admin-Protocol is not " + Protocol)
	ErrFrom        = errors.New("session: X-Admin-From does not name a card, such as //se-id/iccid/89860012345678900001")
	ErrStatus      = errors.New("session: X-Admin-Script-Status is ok exactly where there is a response packet")
	ErrResume      = errors.New("session: X-Admin-Resume is true, or absent")
	ErrContentType = errors.New("session: a packet's content type is " + CommandType + " or " + ResponseType)
	ErrTooLong     = errors.New("session: the packet is too long")
	ErrAnswer      = errors.New("session: neither 200 with a packet and X-Admin-Next-URI nor 204")
)
