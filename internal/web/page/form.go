package page

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/undersigned/undersigned/internal/fault"
)

// Form is what was typed into a form, and what is wrong with it.
type Form struct {
	Values url.Values
	Errors map[string]string // by field; "" holds one about the whole form
	Order  []string          // the fields with errors
}

// NewForm returns what was typed, with a message by each field that err says something about.
func NewForm(r *http.Request, typed url.Values, err error) Form {
	f := Form{Values: typed, Errors: map[string]string{}}
	l := LocaleOf(r)
	for _, x := range fault.All(err) {
		if f.Errors[x.Field] == "" {
			f.Errors[x.Field] = Say(l, x)
			f.Order = append(f.Order, x.Field)
		}
	}
	return f
}

// Value returns what stands in a field.
func (f Form) Value(name string) string { return f.Values.Get(name) }

// Is reports whether a value is chosen in a field.
func (f Form) Is(name, value string) bool {
	return slices.Contains(f.Values[name], value)
}

// Wrong are the fields of a form with a mistake, with what is said about each.
func (f Form) Wrong() (list []Option) {
	for _, field := range f.Order {
		list = append(list, Option{field, f.Errors[field]})
	}
	return list
}

// First is what is said about the first mistake, "" where there is none.
func (f Form) First() string {
	if len(f.Order) == 0 {
		return ""
	}
	return f.Errors[f.Order[0]]
}

// Summary are the kinds of fault that a page has a place for which sums up what is wrong (the template "wrong").
var Summary = []fault.Kind{fault.Invalid, fault.Conflict, fault.Limited, fault.TooLarge}

// ComesBack is the one rule of whether an error comes back with the form that it is about, or is a page of its own. What is
// wrong with something typed always comes back: several faults at once, or one beside a field. One beside none comes back if
// it is of the kinds that the form's page has a place for.
func ComesBack(err error, kinds ...fault.Kind) bool {
	if _, several := errors.AsType[fault.List](err); several {
		return true
	}
	one, single := errors.AsType[*fault.Error](err)
	return single && (one.Field != "" || slices.Contains(kinds, one.Kind))
}

// OnField puts an error that a user may see beside a field.
func OnField(err error, field string) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return fault.List{f.On(field)}
	}
	return err
}

// Limits of a form, of one that holds a letter, and of a file that comes with one.
const (
	maxFormBytes  = 64 << 10
	maxFormFields = 100
	maxLongBytes  = 1 << 20
	maxLongFields = 1000
	MaxUpload     = 10 << 20
)

// ReadForm reads a form of bounded size; it never buffers more than that.
func ReadForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	return readForm(w, r, maxFormBytes, maxFormFields)
}

// ReadLong is ReadForm for a form that holds a letter.
func ReadLong(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	return readForm(w, r, maxLongBytes, maxLongFields)
}

func readForm(w http.ResponseWriter, r *http.Request, size int64, fields int) (url.Values, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, fault.New(fault.Invalid, "form.encoding")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, size))
	if err != nil {
		return nil, unread(err)
	}
	if strings.Count(string(body), "&") >= fields {
		return nil, fault.New(fault.TooLarge, "form.fields")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fault.New(fault.Invalid, "form.encoding")
	}
	for name, values := range form {
		for _, v := range append(values, name) {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return nil, fault.New(fault.Invalid, "form.encoding")
			}
		}
	}
	return form, nil
}

// unread says why a form could not be read to its end.
func unread(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return fault.New(fault.TooLarge, "form.large")
	}
	return fault.New(fault.Invalid, "form.encoding").Because(err)
}

// ReadAny reads a form in either encoding, without a file: RFC 8058 lets mail providers send multipart/form-data.
func ReadAny(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return ReadForm(w, r)
	}
	form := url.Values{}
	parts := multipart.NewReader(http.MaxBytesReader(w, r.Body, maxFormBytes), params["boundary"])
	for range maxFormFields {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "form.encoding").Because(err)
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, fault.New(fault.Invalid, "form.encoding").Because(err)
		}
		form.Add(part.FormName(), string(value))
	}
	return nil, fault.New(fault.TooLarge, "form.fields")
}

// Upload is a file that comes with a form.
type Upload struct {
	Name string // as the browser says
	Data []byte
}

// ReadUpload reads a form that may hold a letter and one file, of bounded size; it never buffers more than that. The values
// come back with an error where the form can be shown again.
func ReadUpload(w http.ResponseWriter, r *http.Request) (v url.Values, name string, data []byte, err error) {
	v, files, err := ReadUploads(w, r, MaxUpload)
	for _, f := range files {
		name, data = f.Name, f.Data
	}
	return v, name, data, err
}

// ReadUploads is ReadUpload for a form with several files, by their fields, which together have no more bytes than the limit.
func ReadUploads(w http.ResponseWriter, r *http.Request, limit int64) (v url.Values, files map[string]Upload, err error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "multipart/form-data" {
		v, err := ReadLong(w, r)
		return v, nil, err
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit+maxLongBytes)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, nil, fault.New(fault.Invalid, "form.encoding")
	}
	v, files = url.Values{}, map[string]Upload{}
	left := limit
	for range maxLongFields {
		part, err := parts.NextPart()
		if err == io.EOF {
			return v, files, nil
		}
		if err != nil {
			return nil, nil, unread(err)
		}
		most := int64(maxLongBytes)
		if part.FileName() != "" {
			most = left
		}
		var b bytes.Buffer
		n, err := io.Copy(&b, io.LimitReader(part, most+1))
		switch {
		case err != nil:
			return nil, nil, unread(err)
		case n > most:
			return v, nil, fault.List{fault.New(fault.TooLarge, "form.large").On(part.FormName())}
		case part.FileName() != "":
			files[part.FormName()] = Upload{part.FileName(), b.Bytes()}
			left -= n
		case !utf8.Valid(b.Bytes()) || bytes.ContainsRune(b.Bytes(), 0):
			return nil, nil, fault.New(fault.Invalid, "form.encoding")
		default:
			v.Add(part.FormName(), b.String())
		}
	}
	return nil, nil, fault.New(fault.TooLarge, "form.fields")
}
