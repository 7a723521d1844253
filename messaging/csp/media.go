package csp

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"simtrust/internal/rpc"
)

// maxFiles is how many one upload brings: a file and its thumbnail.
const maxFiles = 2

// maxFile is the octets of one, as messaging keeps them.
const maxFile = 10 << 20

// Uploaded is the answer to an upload. Files are kept for 60 days.
type Uploaded struct {
	Files []UploadedFile `json:"fileInfo"`
	Result
}

// UploadedFile is a file as it is named in messages.
type UploadedFile struct {
	URL         string `json:"url"`
	Name        string `json:"fileName,omitzero"`
	ContentType string `json:"contentType"`
	Size        int64  `json:"fileSize"`
	Until       string `json:"until"`
}

func (s *Service) postFiles(w http.ResponseWriter, r *http.Request) {
	a, err := s.authenticate(r)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	files, err := s.keepFiles(r, a)
	answer(w, r, files, err)
}

// keepFiles keeps the parts of a multipart/form-data body, whatever their fields are called.
func (s *Service) keepFiles(r *http.Request, a account) (Uploaded, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return Uploaded{}, invalid(ReasonNoFile, "the body is multipart/form-data")
	}
	out := Uploaded{Result: Done()}
	for {
		part, err := parts.NextPart()
		if err == io.EOF && len(out.Files) > 0 {
			return out, nil
		}
		if err != nil {
			return Uploaded{}, notWhole(err)
		}
		if len(out.Files) == maxFiles {
			return Uploaded{}, invalid(ReasonFilesCount, "an upload has one file or two")
		}
		f, err := s.keepFile(r, a, part)
		if err != nil {
			return Uploaded{}, err
		}
		out.Files = append(out.Files, f)
	}
}

func (s *Service) keepFile(r *http.Request, a account, part *multipart.Part) (UploadedFile, error) {
	data, err := io.ReadAll(io.LimitReader(part, maxFile+1))
	switch {
	case err != nil:
		return UploadedFile{}, notWhole(err)
	case len(data) > maxFile:
		return UploadedFile{}, errFileSize
	}
	f, err := s.Files.KeepFile(r.Context(), a.chatbot, part.Header.Get("Content-Type"), data)
	return UploadedFile{f.URL, part.FileName(), f.ContentType, f.Size, f.Until.Format(time.RFC3339)}, err
}

var errFileSize = invalid(ReasonFileSize, "a file has up to 10 MiB")

func notWhole(err error) error {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return errFileSize
	}
	return invalid(ReasonNoFile, "the body has no file, or did not come whole")
}
