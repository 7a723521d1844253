package ca

import (
	"encoding/hex"
	"encoding/pem"
	"time"

	"simtrust"
)

// The JSON forms of the module's operations. Certificates and requests are PEM in them.
type (
	authoriseWire struct {
		Profile      string    `json:"profile"`
		Issuer       string    `json:"issuer,omitzero"`
		Subject      Subject   `json:"subject,omitzero"`
		SANs         SANs      `json:"sans,omitzero"`
		Tenure       string    `json:"tenure,omitzero"`
		RelyingParty string    `json:"relying_party,omitzero"`
		NotAfter     time.Time `json:"not_after,omitzero"`
		LifeSeconds  int64     `json:"life_seconds,omitzero"`
	}
	tokenWire struct {
		Token   string    `json:"token"`
		Expires time.Time `json:"expires"`
	}
	issueWire struct {
		Token      string `json:"token"`
		Profile    string `json:"profile,omitzero"`
		CSR        string `json:"csr"`
		RequestKey string `json:"request_key,omitzero"`
	}
	idWire struct {
		ID string `path:"id" json:"-"`
	}
	certificateWire struct {
		ID           string    `json:"id"`
		Issuer       string    `json:"issuer"`
		Profile      string    `json:"profile"`
		Subject      Subject   `json:"subject"`
		SANs         SANs      `json:"sans,omitzero"`
		Serial       string    `json:"serial"`
		Certificate  string    `json:"certificate,omitzero"`
		Chain        string    `json:"chain,omitzero"`
		NotBefore    time.Time `json:"not_before"`
		NotAfter     time.Time `json:"not_after"`
		Tenure       string    `json:"tenure,omitzero"`
		RelyingParty string    `json:"relying_party,omitzero"`
		Requester    string    `json:"requester,omitzero"`
		State        string    `json:"state"`
		Revoked      time.Time `json:"revoked,omitzero"`
		Reason       int       `json:"reason,omitzero"`
		Shard        int       `json:"shard"`
		KeyHash      string    `json:"key_hash"`
		Created      time.Time `json:"created"`
	}
	searchWire struct {
		Query
		After string `json:"after,omitzero"`
		Limit int    `json:"limit,omitzero"`
	}
	foundWire struct {
		Certificates []certificateWire `json:"certificates"`
		Next         string            `json:"next,omitzero"`
	}
	revokeWire struct {
		ID     string `path:"id" json:"-"`
		Reason int    `json:"reason"`
	}
	bulkWire struct {
		Query  Query `json:"query"`
		Reason int   `json:"reason"`
	}
	jobWire struct {
		ID       string    `json:"id"`
		Query    Query     `json:"query"`
		Reason   int       `json:"reason"`
		By       string    `json:"by"`
		Total    int64     `json:"total"`
		Done     int64     `json:"done"`
		Started  time.Time `json:"started"`
		Updated  time.Time `json:"updated"`
		Finished time.Time `json:"finished,omitzero"`
		ETA      time.Time `json:"eta,omitzero"`
	}
	blockWire struct {
		KeyHash string `json:"key_hash"`
		Cause   string `json:"cause"`
	}
	nothingWire struct{}
)

func wireOf(c Certificate) certificateWire {
	w := certificateWire{
		ID: c.ID, Issuer: c.Issuer, Profile: c.Profile, Subject: c.Subject, SANs: c.SANs, Serial: hex.EncodeToString(c.Serial),
		Chain: encodePEM(c.Chain...), NotBefore: c.NotBefore, NotAfter: c.NotAfter, Tenure: string(c.Tenure), RelyingParty: c.RelyingParty,
		Requester: c.Requester, State: c.State, Revoked: c.Revoked, Reason: c.Reason, Shard: c.Shard, KeyHash: keyText(c.KeyHash),
		Created: c.Created,
	}
	if c.Raw != nil {
		w.Certificate = encodePEM(c.Raw)
	}
	return w
}

func (w certificateWire) certificate() Certificate {
	c := Certificate{
		ID: w.ID, Issuer: w.Issuer, Profile: w.Profile, Subject: w.Subject, SANs: w.SANs, Chain: decodePEM(w.Chain),
		NotBefore: w.NotBefore, NotAfter: w.NotAfter, Tenure: simtrust.TenureID(w.Tenure), RelyingParty: w.RelyingParty,
		Requester: w.Requester, State: w.State, Revoked: w.Revoked, Reason: w.Reason, Shard: w.Shard, Created: w.Created,
	}
	_, c.Serial, _ = SplitID(w.ID)
	c.KeyHash, _ = keyHash(w.KeyHash)
	if ders := decodePEM(w.Certificate); len(ders) == 1 {
		c.Raw = ders[0]
	}
	return c
}

func (w jobWire) job() Job {
	return Job{ID: w.ID, Query: w.Query, Reason: w.Reason, By: w.By, Total: w.Total, Done: w.Done, Started: w.Started, Updated: w.Updated, Finished: w.Finished}
}

func wireOfJob(j Job) jobWire {
	return jobWire{ID: j.ID, Query: j.Query, Reason: j.Reason, By: j.By, Total: j.Total, Done: j.Done, Started: j.Started, Updated: j.Updated,
		Finished: j.Finished, ETA: j.ETA()}
}

const pemCertificate = "CERTIFICATE"

func encodePEM(ders ...[]byte) string {
	var text []byte
	for _, der := range ders {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: der})...)
	}
	return string(text)
}

func decodePEM(text string) (ders [][]byte) {
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		ders = append(ders, block.Bytes)
	}
	return ders
}

// requestDER takes a certification request out of its PEM armour.
func requestDER(text string) ([]byte, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE REQUEST" && block.Type != "NEW CERTIFICATE REQUEST" || len(rest) > 0 {
		return nil, invalid(ReasonRequestText, "csr is one certification request in PEM")
	}
	return block.Bytes, nil
}
