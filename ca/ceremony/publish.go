package ceremony

import (
	"bytes"
	"encoding/pem"
)

// File is one public file of a hierarchy, as the certificates name it.
type File struct {
	Path        string // below the base URL: /ca/roots.pem
	ContentType string
	Body        []byte
}

// Published returns the public files of the hierarchy in dir: all roots in PEM, each authority's certificate and the
// cross-certificates in DER, the CRL of each root. Expired roots stay, for old signatures.
func Published(dir string) ([]File, error) {
	s := store{dir}
	if !s.exists() {
		return nil, missing()
	}
	m, err := s.manifest()
	if err != nil {
		return nil, err
	}
	var roots bytes.Buffer
	files := []File{{Path: rootsPath, ContentType: "application/x-pem-file"}}
	for _, r := range m.Certificates {
		if r.Role == roleOCSP || r.Role == roleTimestamp {
			continue
		}
		c, err := s.certificate(r)
		if err != nil {
			return nil, err
		}
		if r.Role == roleRoot {
			roots.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
		}
		files = append(files, File{Path: certificatePath(r.ID), ContentType: "application/pkix-cert", Body: c.Raw})
	}
	for _, r := range m.CRLs {
		der, err := s.crl(r)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Path: crlPath(r.Root), ContentType: "application/pkix-crl", Body: der})
	}
	files[0].Body = roots.Bytes()
	return files, nil
}
