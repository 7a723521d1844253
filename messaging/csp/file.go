package csp

import (
	"time"

	"github.com/go-json-experiment/json"

	"simtrust/messaging/gsma"
)

// fileInfo is a file or the small picture that stands for it.
type fileInfo struct {
	Type        string `json:"type"`
	URL         string `json:"url"`
	ContentType string `json:"contentType,omitzero"`
	Size        octets `json:"fileSize,omitzero"`
	Name        string `json:"fileName,omitzero"`
	Until       string `json:"until,omitzero"`
}

const (
	kindFile      = "file"
	kindThumbnail = "thumbnail"
)

// filePart is a file as RCS carries it.
func filePart(data []byte) (gsma.Part, error) {
	var list []fileInfo
	if err := json.Unmarshal(data, &list); err != nil {
		return gsma.Part{}, malformed("is not a list of a file and its thumbnail")
	}
	f, err := file(list)
	if err != nil {
		return gsma.Part{}, err
	}
	return f.Part()
}

// file is a file with at most one thumbnail; which of two would count nobody says.
func file(list []fileInfo) (*gsma.File, error) {
	var main, thumbnail *gsma.FileInfo
	for _, i := range list {
		place := &main
		if i.Type == kindThumbnail {
			place = &thumbnail
		}
		if *place != nil || i.Type != kindFile && i.Type != kindThumbnail {
			return nil, malformed("must be one file and at most one thumbnail")
		}
		*place = i.gsma()
	}
	if main == nil {
		return nil, malformed("must be one file and at most one thumbnail")
	}
	return &gsma.File{FileInfo: *main, Thumbnail: thumbnail}, nil
}

func (i *fileInfo) gsma() *gsma.FileInfo {
	f := &gsma.FileInfo{URL: i.URL, ContentType: i.ContentType, Size: int64(max(i.Size, 0)), Name: i.Name}
	f.Until, _ = time.Parse(time.RFC3339, i.Until) // an instant that cannot be read is not known
	return f
}

func fileInfos(f *gsma.File) (list []fileInfo) {
	if f.Thumbnail != nil {
		list = append(list, infoOf(kindThumbnail, f.Thumbnail))
	}
	return append(list, infoOf(kindFile, &f.FileInfo))
}

func infoOf(kind string, f *gsma.FileInfo) fileInfo {
	i := fileInfo{Type: kind, URL: f.URL, ContentType: f.ContentType, Size: octets(f.Size), Name: f.Name}
	if !f.Until.IsZero() {
		i.Until = f.Until.UTC().Format(time.RFC3339)
	}
	return i
}
