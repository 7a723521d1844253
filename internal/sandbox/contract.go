package sandbox

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// Contract is sandbox.json: what tests and SDKs may rely on. Keys are added, never renamed; a key appears when its module exists.
type Contract struct {
	Version     int               `json:"version"`
	Issuer      string            `json:"issuer"`
	AdminToken  string            `json:"admin_token"`
	RADIUS      ContractRADIUS    `json:"radius"`
	Operator    string            `json:"operator"`
	Handset     string            `json:"handset"`
	Shop        string            `json:"shop"`
	Desk        string            `json:"desk"`
	URLs        map[string]string `json:"urls"`
	EAB         ExternalAccount   `json:"acme_eab"`
	HTTP01Port  int               `json:"acme_http01_port"`
	EST         *ESTCredential    `json:"est"`
	MobileID    *MobileIDParty    `json:"mobile_id_party"`
	MSS         *MSSParty         `json:"mss_party"`
	SMPP        ContractSMPP      `json:"smpp"`
	SMSC        ContractSMSC      `json:"smsc"`
	Upstream    ContractUpstream  `json:"upstream"`
	CALogKey    string            `json:"ca_log_key"` // verifies checkpoints (C2SP signed-note)
	Clients     []Client          `json:"clients"`
	Chatbots    []ContractChatbot `json:"chatbots"`
	Subscribers []ContractHolder  `json:"subscribers"`
}

// ContractRADIUS is the accounting listener and the secret of the simulated gateway.
type ContractRADIUS struct {
	Accounting string `json:"accounting"`
	Secret     string `json:"secret"`
}

// ContractSMSC is the operator's service centre, and the account of the server there.
type ContractSMSC struct {
	Address  string `json:"address"`
	SystemID string `json:"system_id"`
	Password string `json:"password"`
}

// ContractHolder is one subscriber as clients of the sandbox see it.
type ContractHolder struct {
	Number     string             `json:"number"`
	Tenure     string             `json:"tenure"`
	Since      time.Time          `json:"since"`
	IP         string             `json:"ip"`
	Attached   bool               `json:"attached"`
	IMSI       string             `json:"imsi"`
	ICCID      string             `json:"iccid"`
	IMEI       string             `json:"imei"`
	Ki         string             `json:"ki"`
	OPc        string             `json:"opc"`
	SIMPIN     string             `json:"sim_pin"`
	LoginPIN   string             `json:"login_pin"`
	SigningPIN string             `json:"signing_pin"`
	Bearer     string             `json:"bearer"` // sms, or polling
	NationalID string             `json:"national_identity_number"`
	Previous   []ContractInterval `json:"previous"`
}

// ContractInterval is an earlier holding, half-open.
type ContractInterval struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

func (s *Subscriber) contract() ContractHolder {
	h := ContractHolder{
		Number: s.Number, Tenure: s.Tenure, Since: s.Since, IP: s.IP, Attached: len(s.Sessions) > 0,
		IMEI: s.IMEI, NationalID: s.NationalID, Previous: []ContractInterval{},
	}
	h.put(s.SIM)
	for _, p := range s.Previous {
		h.Previous = append(h.Previous, ContractInterval{Since: p.Since, Until: p.Until})
	}
	return h
}

// put shows a card.
func (h *ContractHolder) put(s SIM) {
	h.IMSI, h.ICCID, h.Ki, h.OPc, h.SIMPIN, h.LoginPIN, h.SigningPIN = s.IMSI, s.ICCID, s.Ki, s.OPc, s.SIMPIN, s.LoginPIN, s.SigningPIN
	h.Bearer = cmp.Or(s.Bearer, "sms")
}

// write puts the contract at path, readable by its owner only: it holds secrets.
func (c Contract) write(path string) error {
	text, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return replaceFile(path, append(text, '\n'))
}
