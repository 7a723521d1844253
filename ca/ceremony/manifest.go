package ceremony

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"simtrust/ca"
	"simtrust/internal/keys"
)

// manifest is the content of hierarchy.json: what there is, in the sequence it was made.
type manifest struct {
	BaseURL      string      `json:"base_url"`
	Certificates []record    `json:"certificates"`
	CRLs         []crlRecord `json:"crls"`
	Revoked      []Revoked   `json:"revoked,omitempty"`
	// Transcript is the digest of the last line before this was written.
	Transcript string `json:"transcript"`
}

type record struct {
	ID        string            `json:"id"`
	Role      role              `json:"role"`
	Line      ca.Line           `json:"line,omitempty"`
	Active    bool              `json:"active,omitempty"`
	Algorithm keys.KeyAlgorithm `json:"algorithm"`
	Key       string            `json:"key"`
	Issuer    string            `json:"issuer"`
	// Declared is the digest of the entry of the file it comes from.
	Declared string `json:"declared"`
	// SHA256 is that of the certificate, DER, in hexadecimal.
	SHA256 string `json:"sha256"`
}

type crlRecord struct {
	Root    string    `json:"root"`
	Number  int64     `json:"number"`
	Updated time.Time `json:"updated"`
	Next    time.Time `json:"next"`
	// Revoked is the digest of the revocations it lists.
	Revoked string `json:"revoked"`
	SHA256  string `json:"sha256"`
}

// summed is hierarchy.json on disk: the exact bytes of the manifest and their SHA-256. It finds damage, not malice: who may
// write here must be kept out by the file system, and still cannot make a certificate without its key.
type summed struct {
	Hierarchy json.RawMessage `json:"hierarchy"`
	SHA256    string          `json:"sha256"`
}

// manifest returns an empty one where there is no hierarchy yet.
func (s store) manifest() (manifest, error) {
	data, err := os.ReadFile(s.path(manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return manifest{}, nil
	}
	if err != nil {
		return manifest{}, failed("cannot read the hierarchy", err)
	}
	var m manifest
	var sealed summed
	if err := json.Unmarshal(data, &sealed); err != nil || digest(sealed.Hierarchy) != sealed.SHA256 {
		return manifest{}, broken(ReasonDamaged, manifestFile+" is damaged: restore it", err)
	}
	if err := json.Unmarshal(sealed.Hierarchy, &m); err != nil {
		return manifest{}, broken(ReasonDamaged, manifestFile+" is damaged: restore it", err)
	}
	for _, r := range m.Certificates {
		if !identifier.MatchString(r.ID) && r.Role != roleOCSP || len(r.SHA256) != 64 {
			return manifest{}, broken(ReasonDamaged, manifestFile+" is damaged: restore it", nil)
		}
	}
	return m, nil
}

func (s store) writeManifest(m manifest) (sum string, err error) {
	body, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	sum = digest(body)
	text, err := json.Marshal(summed{Hierarchy: body, SHA256: sum})
	if err != nil {
		return "", err
	}
	return sum, writeFile(s.path(manifestFile), append(text, '\n'))
}

func (m manifest) certificate(id string) (record, bool) {
	for _, r := range m.Certificates {
		if r.ID == id {
			return r, true
		}
	}
	return record{}, false
}

// put replaces the record of the same id, or adds it.
func (m *manifest) put(r record) {
	for i := range m.Certificates {
		if m.Certificates[i].ID == r.ID {
			m.Certificates[i] = r
			return
		}
	}
	m.Certificates = append(m.Certificates, r)
}

func (m manifest) crl(root string) (crlRecord, bool) {
	for _, r := range m.CRLs {
		if r.Root == root {
			return r, true
		}
	}
	return crlRecord{}, false
}

func (m *manifest) putCRL(r crlRecord) {
	for i := range m.CRLs {
		if m.CRLs[i].Root == r.Root {
			m.CRLs[i] = r
			return
		}
	}
	m.CRLs = append(m.CRLs, r)
}
