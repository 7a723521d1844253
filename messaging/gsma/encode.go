package gsma

// Content types of RCC.07.
const (
	TypeText       = "text/plain"
	TypeCard       = "application/vnd.gsma.botmessage.v1.0+json"
	TypeSuggestion = "application/vnd.gsma.botsuggestion.v1.0+json"
	TypeResponse   = "application/vnd.gsma.botsuggestion.response.v1.0+json"
	TypeSharedData = "application/vnd.gsma.botsharedclientdata.v1.0+json"
	TypeFile       = "application/vnd.gsma.rcs-ft-http+xml"
	TypeMixed      = "multipart/mixed"
)

// Part is a body as it travels.
type Part struct {
	// ContentType is a media type with its parameters.
	ContentType string
	Data        []byte
}

// Parts writes a content that Check accepts as one body, and a second one with the chip list where it has one. Errors are those of Check.
func Parts(c Content, l Limits) ([]Part, error) {
	if err := Check(c, l); err != nil {
		return nil, err
	}
	first, err := c.first()
	if err != nil || len(c.Suggestions) == 0 {
		return []Part{first}, err
	}
	chips, err := payload{Suggestions: c.Suggestions}.part(TypeSuggestion)
	return []Part{first, chips}, err
}

// Encode writes a content as one body: multipart/mixed where it has a chip list. Errors are those of Check.
func Encode(c Content, l Limits) (Part, error) {
	parts, err := Parts(c, l)
	if err != nil {
		return Part{}, err
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return Join(parts...)
}

// first writes all but the chip list.
func (c *Content) first() (Part, error) {
	switch {
	case c.Location != nil:
		return text(c.Location.URI()), nil
	case c.File != nil:
		return c.File.Part()
	case c.Card != nil || c.Carousel != nil:
		return payload{Message: &c.RichCard}.part(TypeCard)
	default:
		return text(c.Text), nil
	}
}

func text(s string) Part { return Part{TypeText + ";charset=UTF-8", []byte(s)} }

// EncodeResponse writes what a person did with a suggestion. Errors are those of Check.
func EncodeResponse(r Response) (Part, error) {
	k := checker{l: RCS.Limits()}
	k.response((*pointer)(nil).at("response"), &r)
	if k.err != nil {
		return Part{}, k.err
	}
	return payload{Response: &r}.part(TypeResponse)
}

// EncodeSharedData writes what a client tells of itself. Errors are those of Check.
func EncodeSharedData(d SharedData) (Part, error) {
	k := checker{l: RCS.Limits()}
	if d.DeviceSpecifics != nil {
		k.device((*pointer)(nil).at("sharedData").at("deviceSpecifics"), d.DeviceSpecifics)
	}
	if k.err != nil {
		return Part{}, k.err
	}
	return payload{SharedData: &d}.part(TypeSharedData)
}

func (k *checker) response(p *pointer, r *Response) {
	switch {
	case !r.one():
		k.malformed(p, notOneResponse)
	case r.Reply != nil:
		k.choice(p.at("reply"), r.Reply)
	default:
		k.choice(p.at("action"), r.Action)
	}
}

func (k *checker) device(p *pointer, d *DeviceSpecifics) {
	k.line(p.at("deviceModel"), d.DeviceModel, Length{maxDeviceModel, Characters})
	k.line(p.at("platformVersion"), d.PlatformVersion, Length{maxPlatformVersion, Characters})
	k.line(p.at("clientVendor"), d.ClientVendor, Length{maxClientVendor, Characters})
	k.line(p.at("clientVersion"), d.ClientVersion, Length{maxClientVersion, Characters})
	if b := d.BatteryRemainingMinutes; b != nil && *b < 0 {
		k.malformed(p.at("batteryRemainingMinutes"), "is negative")
	}
}
