package smpp

import "simtrust/internal/sms"

// QuerySM is a query_sm: what has become of a message (SMPP 3.4 §4.8).
type QuerySM struct {
	MessageID string
	Source    sms.Address // that of the message
}

// Command returns [CommandQuerySM].
func (*QuerySM) Command() Command { return CommandQuerySM }

func (q *QuerySM) appendBody(dst []byte) ([]byte, error) {
	w := builder{octets: dst}
	w.text(&fieldMessageID, q.MessageID)
	w.address(&fieldSource, q.Source)
	return w.octets, w.err
}

func (q *QuerySM) parseBody(body []byte) error {
	c := cursor{rest: body}
	q.MessageID = c.text(&fieldMessageID)
	q.Source = c.address(&fieldSource)
	return c.end()
}

// QuerySMResp answers a [QuerySM].
type QuerySMResp struct {
	MessageID string
	// FinalDate is when the message came to a final state; empty before that, and where the service centre sent what is no time.
	FinalDate Time
	State     State
	// ErrorCode is the network's, of a delivery that failed.
	ErrorCode byte
}

// Command returns the response to [CommandQuerySM].
func (*QuerySMResp) Command() Command { return CommandQuerySM.Response() }

func (q *QuerySMResp) appendBody(dst []byte) ([]byte, error) {
	w := builder{octets: dst}
	w.text(&fieldMessageID, q.MessageID)
	w.time(&fieldFinalDate, q.FinalDate)
	w.octet(byte(q.State), q.ErrorCode)
	return w.octets, w.err
}

func (q *QuerySMResp) parseBody(body []byte) error {
	c := cursor{rest: body}
	q.MessageID = c.text(&fieldMessageID)
	if t := Time(c.text(&fieldFinalDate)); t.valid() {
		q.FinalDate = t
	}
	q.State, q.ErrorCode = State(c.octet()), c.octet()
	return c.end()
}

// CancelSM is a cancel_sm: one message by its id, or without an id all of a service type from one address to another (SMPP 3.4 §4.9).
type CancelSM struct {
	ServiceType         string
	MessageID           string
	Source, Destination sms.Address
}

// Command returns [CommandCancelSM].
func (*CancelSM) Command() Command { return CommandCancelSM }

func (m *CancelSM) appendBody(dst []byte) ([]byte, error) {
	w := builder{octets: dst}
	w.text(&fieldServiceType, m.ServiceType)
	w.text(&fieldMessageID, m.MessageID)
	w.address(&fieldSource, m.Source)
	w.address(&fieldDestination, m.Destination)
	return w.octets, w.err
}

func (m *CancelSM) parseBody(body []byte) error {
	c := cursor{rest: body}
	m.ServiceType = c.text(&fieldServiceType)
	m.MessageID = c.text(&fieldMessageID)
	m.Source = c.address(&fieldSource)
	m.Destination = c.address(&fieldDestination)
	return c.end()
}

// ReplaceSM is a replace_sm: another text for a message that is not delivered yet (SMPP 3.4 §4.10).
type ReplaceSM struct {
	MessageID          string
	Source             sms.Address // that of the message
	Schedule, Validity Time
	Registered         Registered
	DefaultMessageID   byte
	Octets             []byte
}

// Command returns [CommandReplaceSM].
func (*ReplaceSM) Command() Command { return CommandReplaceSM }

func (m *ReplaceSM) appendBody(dst []byte) ([]byte, error) {
	w := builder{octets: dst}
	w.text(&fieldMessageID, m.MessageID)
	w.address(&fieldSource, m.Source)
	w.time(&fieldSchedule, m.Schedule)
	w.time(&fieldValidity, m.Validity)
	w.octet(byte(m.Registered), m.DefaultMessageID)
	w.shortMessage(m.Octets)
	return w.octets, w.err
}

func (m *ReplaceSM) parseBody(body []byte) error {
	c := cursor{rest: body}
	m.MessageID = c.text(&fieldMessageID)
	m.Source = c.address(&fieldSource)
	m.Schedule = c.time(&fieldSchedule)
	m.Validity = c.time(&fieldValidity)
	m.Registered, m.DefaultMessageID = Registered(c.octet()), c.octet()
	m.Octets = c.shortMessage()
	return c.end()
}

// AlertNotification is an alert_notification: a mobile station can be reached again (SMPP 3.4 §4.12). It has no answer.
type AlertNotification struct {
	Source  sms.Address // the mobile station
	ESME    sms.Address
	Options Options // [TagMsAvailabilityStatus]
}

// Command returns [CommandAlertNotification].
func (*AlertNotification) Command() Command { return CommandAlertNotification }

func (n *AlertNotification) appendBody(dst []byte) ([]byte, error) {
	w := builder{octets: dst}
	w.address(&fieldLongSource, n.Source)
	w.address(&fieldESME, n.ESME)
	w.options(n.Options)
	return w.octets, w.err
}

func (n *AlertNotification) parseBody(body []byte) error {
	c := cursor{rest: body}
	n.Source = c.address(&fieldLongSource)
	n.ESME = c.address(&fieldESME)
	n.Options = c.options()
	return c.end()
}
