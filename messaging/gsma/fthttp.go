package gsma

import (
	"encoding/xml"
	"strings"
	"time"
)

// fileNamespace is the namespace of file transfer by HTTP (RCC.07).
const fileNamespace = "urn:gsma:params:xml:ns:rcs:rcs:fthttp"

type fileXML struct {
	XMLName xml.Name
	Info    []fileInfoXML `xml:"file-info"`
}

type fileInfoXML struct {
	Type        string  `xml:"type,attr"`
	Size        int64   `xml:"file-size,omitempty"`
	Name        string  `xml:"file-name,omitempty"`
	ContentType string  `xml:"content-type"`
	Data        dataXML `xml:"data"`
}

type dataXML struct {
	URL   string `xml:"url,attr"`
	Until string `xml:"until,attr,omitempty"`
}

const (
	typeFile      = "file"
	typeThumbnail = "thumbnail"
)

// Part writes a file as it travels, unchecked: for what came in another form.
func (f *File) Part() (Part, error) {
	x := fileXML{XMLName: xml.Name{Space: fileNamespace, Local: "file"}}
	if f.Thumbnail != nil {
		x.Info = append(x.Info, f.Thumbnail.xml(typeThumbnail))
	}
	x.Info = append(x.Info, f.FileInfo.xml(typeFile))
	b, err := xml.Marshal(x)
	return Part{TypeFile, append([]byte(xml.Header), b...)}, err
}

func (f *FileInfo) xml(kind string) fileInfoXML {
	x := fileInfoXML{Type: kind, Size: f.Size, Name: f.Name, ContentType: f.ContentType, Data: dataXML{URL: f.URL}}
	if !f.Until.IsZero() {
		x.Data.Until = f.Until.UTC().Format(time.RFC3339)
	}
	return x
}

// parseFile reads a file-info of type file and, where there is one, that of a thumbnail. Namespaces do not matter, and what is missing
// besides the URL is left out; two of a type are refused, since no two readers would agree which one counts.
func parseFile(data []byte) (*File, error) {
	var x fileXML
	if err := xml.Unmarshal(data, &x); err != nil || x.XMLName.Local != "file" {
		return nil, &FormatError{Field: "/file", Why: "is not the XML of a file transfer"}
	}
	var file, thumbnail *FileInfo
	for i := range x.Info {
		kind := &file
		switch x.Info[i].Type {
		case typeThumbnail:
			kind = &thumbnail
		case typeFile, "":
		default:
			continue
		}
		if *kind != nil {
			return nil, &FormatError{Field: "/file", Why: "names two files of one type"}
		}
		*kind = x.Info[i].info()
	}
	if file == nil || file.URL == "" {
		return nil, &FormatError{Field: "/file/url", Why: "is missing"}
	}
	return &File{FileInfo: *file, Thumbnail: thumbnail}, nil
}

func (x *fileInfoXML) info() *FileInfo {
	f := &FileInfo{
		URL: strings.TrimSpace(x.Data.URL), ContentType: strings.TrimSpace(x.ContentType), Size: max(x.Size, 0), Name: strings.TrimSpace(x.Name),
	}
	f.Until, _ = time.Parse(time.RFC3339, strings.TrimSpace(x.Data.Until)) // an instant that cannot be read is not known
	return f
}
