package smpp

import "fmt"

// Command is the command_id of a packet (SMPP 3.4 §5.1.2.1).
type Command uint32

// Commands. A response is its request with the highest bit set.
const (
	CommandGenericNack       Command = 0x80000000
	CommandBindReceiver      Command = 0x00000001
	CommandBindTransmitter   Command = 0x00000002
	CommandQuerySM           Command = 0x00000003
	CommandSubmitSM          Command = 0x00000004
	CommandDeliverSM         Command = 0x00000005
	CommandUnbind            Command = 0x00000006
	CommandReplaceSM         Command = 0x00000007
	CommandCancelSM          Command = 0x00000008
	CommandBindTransceiver   Command = 0x00000009
	CommandOutbind           Command = 0x0000000B
	CommandEnquireLink       Command = 0x00000015
	CommandSubmitMulti       Command = 0x00000021
	CommandAlertNotification Command = 0x00000102
	CommandDataSM            Command = 0x00000103

	response Command = 0x80000000
)

var commandNames = map[Command]string{
	CommandBindReceiver:      "bind_receiver",
	CommandBindTransmitter:   "bind_transmitter",
	CommandQuerySM:           "query_sm",
	CommandSubmitSM:          "submit_sm",
	CommandDeliverSM:         "deliver_sm",
	CommandUnbind:            "unbind",
	CommandReplaceSM:         "replace_sm",
	CommandCancelSM:          "cancel_sm",
	CommandBindTransceiver:   "bind_transceiver",
	CommandOutbind:           "outbind",
	CommandEnquireLink:       "enquire_link",
	CommandSubmitMulti:       "submit_multi",
	CommandAlertNotification: "alert_notification",
	CommandDataSM:            "data_sm",
}

// IsResponse reports whether the command answers another; generic_nack does.
func (c Command) IsResponse() bool { return c&response != 0 }

// Response returns the command that answers c. outbind and alert_notification have no answer.
func (c Command) Response() Command { return c | response }

// String returns the name of the standard, such as "submit_sm_resp".
func (c Command) String() string {
	name, known := commandNames[c&^response]
	switch {
	case c == CommandGenericNack:
		return "generic_nack"
	case !known:
		return fmt.Sprintf("command %08X", uint32(c))
	case c.IsResponse():
		return name + "_resp"
	default:
		return name
	}
}

// answered reports whether a request has a response.
func (c Command) answered() bool { return c != CommandOutbind && c != CommandAlertNotification }
