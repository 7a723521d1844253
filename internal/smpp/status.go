package smpp

import "fmt"

// Status is the command_status of a response (SMPP 3.4 §5.1.3). As an error it says that the other side has refused a request, and so
// that the request had no effect; a [Handler] that returns one chooses the status of the response.
type Status uint32

// Statuses, each with its name in the standard.
const (
	StatusOK                       Status = 0x00 // ESME_ROK
	StatusInvalidMessageLength     Status = 0x01 // ESME_RINVMSGLEN
	StatusInvalidCommandLength     Status = 0x02 // ESME_RINVCMDLEN
	StatusInvalidCommand           Status = 0x03 // ESME_RINVCMDID
	StatusInvalidBindStatus        Status = 0x04 // ESME_RINVBNDSTS
	StatusAlreadyBound             Status = 0x05 // ESME_RALYBND
	StatusInvalidPriority          Status = 0x06 // ESME_RINVPRTFLG
	StatusInvalidRegistered        Status = 0x07 // ESME_RINVREGDLVFLG
	StatusSystemError              Status = 0x08 // ESME_RSYSERR
	StatusInvalidSource            Status = 0x0A // ESME_RINVSRCADR
	StatusInvalidDestination       Status = 0x0B // ESME_RINVDSTADR
	StatusInvalidMessageID         Status = 0x0C // ESME_RINVMSGID
	StatusBindFailed               Status = 0x0D // ESME_RBINDFAIL
	StatusInvalidPassword          Status = 0x0E // ESME_RINVPASWD
	StatusInvalidSystemID          Status = 0x0F // ESME_RINVSYSID
	StatusCancelFailed             Status = 0x11 // ESME_RCANCELFAIL
	StatusReplaceFailed            Status = 0x13 // ESME_RREPLACEFAIL
	StatusQueueFull                Status = 0x14 // ESME_RMSGQFUL
	StatusInvalidServiceType       Status = 0x15 // ESME_RINVSERTYP
	StatusInvalidDestinations      Status = 0x33 // ESME_RINVNUMDESTS
	StatusInvalidListName          Status = 0x34 // ESME_RINVDLNAME
	StatusInvalidDestinationFlag   Status = 0x40 // ESME_RINVDESTFLAG
	StatusInvalidSubmitReplace     Status = 0x42 // ESME_RINVSUBREP
	StatusInvalidClass             Status = 0x43 // ESME_RINVESMCLASS
	StatusCannotSubmitToList       Status = 0x44 // ESME_RCNTSUBDL
	StatusSubmitFailed             Status = 0x45 // ESME_RSUBMITFAIL
	StatusInvalidSourceType        Status = 0x48 // ESME_RINVSRCTON
	StatusInvalidSourcePlan        Status = 0x49 // ESME_RINVSRCNPI
	StatusInvalidDestinationType   Status = 0x50 // ESME_RINVDSTTON
	StatusInvalidDestinationPlan   Status = 0x51 // ESME_RINVDSTNPI
	StatusInvalidSystemType        Status = 0x53 // ESME_RINVSYSTYP
	StatusInvalidReplaceFlag       Status = 0x54 // ESME_RINVREPFLAG
	StatusInvalidNumberOfMessages  Status = 0x55 // ESME_RINVNUMMSGS
	StatusThrottled                Status = 0x58 // ESME_RTHROTTLED
	StatusInvalidSchedule          Status = 0x61 // ESME_RINVSCHED
	StatusInvalidExpiry            Status = 0x62 // ESME_RINVEXPIRY
	StatusInvalidDefaultMessage    Status = 0x63 // ESME_RINVDFTMSGID
	StatusReceiverTemporaryFailure Status = 0x64 // ESME_RX_T_APPN
	StatusReceiverPermanentFailure Status = 0x65 // ESME_RX_P_APPN
	StatusReceiverRejects          Status = 0x66 // ESME_RX_R_APPN
	StatusQueryFailed              Status = 0x67 // ESME_RQUERYFAIL
	StatusInvalidOptions           Status = 0xC0 // ESME_RINVOPTPARSTREAM
	StatusOptionNotAllowed         Status = 0xC1 // ESME_ROPTPARNOTALLWD
	StatusInvalidOptionLength      Status = 0xC2 // ESME_RINVPARLEN
	StatusMissingOption            Status = 0xC3 // ESME_RMISSINGOPTPARAM
	StatusInvalidOptionValue       Status = 0xC4 // ESME_RINVOPTPARAMVAL
	StatusDeliveryFailed           Status = 0xFE // ESME_RDELIVERYFAILURE
	StatusUnknownError             Status = 0xFF // ESME_RUNKNOWNERR
)

var statusNames = map[Status]string{
	StatusOK:                       "ESME_ROK",
	StatusInvalidMessageLength:     "ESME_RINVMSGLEN",
	StatusInvalidCommandLength:     "ESME_RINVCMDLEN",
	StatusInvalidCommand:           "ESME_RINVCMDID",
	StatusInvalidBindStatus:        "ESME_RINVBNDSTS",
	StatusAlreadyBound:             "ESME_RALYBND",
	StatusInvalidPriority:          "ESME_RINVPRTFLG",
	StatusInvalidRegistered:        "ESME_RINVREGDLVFLG",
	StatusSystemError:              "ESME_RSYSERR",
	StatusInvalidSource:            "ESME_RINVSRCADR",
	StatusInvalidDestination:       "ESME_RINVDSTADR",
	StatusInvalidMessageID:         "ESME_RINVMSGID",
	StatusBindFailed:               "ESME_RBINDFAIL",
	StatusInvalidPassword:          "ESME_RINVPASWD",
	StatusInvalidSystemID:          "ESME_RINVSYSID",
	StatusCancelFailed:             "ESME_RCANCELFAIL",
	StatusReplaceFailed:            "ESME_RREPLACEFAIL",
	StatusQueueFull:                "ESME_RMSGQFUL",
	StatusInvalidServiceType:       "ESME_RINVSERTYP",
	StatusInvalidDestinations:      "ESME_RINVNUMDESTS",
	StatusInvalidListName:          "ESME_RINVDLNAME",
	StatusInvalidDestinationFlag:   "ESME_RINVDESTFLAG",
	StatusInvalidSubmitReplace:     "ESME_RINVSUBREP",
	StatusInvalidClass:             "ESME_RINVESMCLASS",
	StatusCannotSubmitToList:       "ESME_RCNTSUBDL",
	StatusSubmitFailed:             "ESME_RSUBMITFAIL",
	StatusInvalidSourceType:        "ESME_RINVSRCTON",
	StatusInvalidSourcePlan:        "ESME_RINVSRCNPI",
	StatusInvalidDestinationType:   "ESME_RINVDSTTON",
	StatusInvalidDestinationPlan:   "ESME_RINVDSTNPI",
	StatusInvalidSystemType:        "ESME_RINVSYSTYP",
	StatusInvalidReplaceFlag:       "ESME_RINVREPFLAG",
	StatusInvalidNumberOfMessages:  "ESME_RINVNUMMSGS",
	StatusThrottled:                "ESME_RTHROTTLED",
	StatusInvalidSchedule:          "ESME_RINVSCHED",
	StatusInvalidExpiry:            "ESME_RINVEXPIRY",
	StatusInvalidDefaultMessage:    "ESME_RINVDFTMSGID",
	StatusReceiverTemporaryFailure: "ESME_RX_T_APPN",
	StatusReceiverPermanentFailure: "ESME_RX_P_APPN",
	StatusReceiverRejects:          "ESME_RX_R_APPN",
	StatusQueryFailed:              "ESME_RQUERYFAIL",
	StatusInvalidOptions:           "ESME_RINVOPTPARSTREAM",
	StatusOptionNotAllowed:         "ESME_ROPTPARNOTALLWD",
	StatusInvalidOptionLength:      "ESME_RINVPARLEN",
	StatusMissingOption:            "ESME_RMISSINGOPTPARAM",
	StatusInvalidOptionValue:       "ESME_RINVOPTPARAMVAL",
	StatusDeliveryFailed:           "ESME_RDELIVERYFAILURE",
	StatusUnknownError:             "ESME_RUNKNOWNERR",
}

// String returns the name of the standard; statuses that it does not name, as operators have them, are given in hexadecimal.
func (s Status) String() string {
	if name, ok := statusNames[s]; ok {
		return name
	}
	return fmt.Sprintf("status %08X", uint32(s))
}

// Error makes a status an error.
func (s Status) Error() string { return "smpp: " + s.String() }

// Congested reports a status that means later: ESME_RTHROTTLED and ESME_RMSGQFUL.
func (s Status) Congested() bool { return s == StatusThrottled || s == StatusQueueFull }
