package page

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/undersigned/undersigned/internal/fault"
)

// Types of what is sent.
const (
	HTML  = "text/html; charset=utf-8"
	Plain = "text/plain; charset=utf-8"
	Data  = "application/json"

	// Immutable is the Cache-Control of what never changes under its address.
	Immutable = "public, max-age=31536000, immutable"
)

// Send writes bytes whole.
func Send(w http.ResponseWriter, contentType, caching string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", caching)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

// Serve writes bytes that the tag names, with its quotes: who has them is answered with 304, who asks for a part gets it.
func Serve(w http.ResponseWriter, r *http.Request, contentType, tag string, body []byte) {
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body))) // ServeContent leaves it out of what is compressed
	r.Header.Del("If-Match")                         // it is for those who write; ServeContent would answer it with that length and no body
	r.Header.Del("If-Unmodified-Since")
	http.ServeContent(inMemory{w}, r, "", time.Time{}, bytes.NewReader(body))
}

// inMemory writes what is in memory in one piece; io.Copy would take it through a buffer that it makes for each answer.
type inMemory struct{ http.ResponseWriter }

// ReadFrom is what io.Copy asks of a writer that knows better.
func (w inMemory) ReadFrom(src io.Reader) (int64, error) {
	if part, ok := src.(*io.LimitedReader); ok {
		if body, ok := part.R.(*bytes.Reader); ok && int64(body.Len()) <= part.N {
			return body.WriteTo(w.ResponseWriter)
		}
	}
	return io.Copy(struct{ io.Writer }{w.ResponseWriter}, src)
}

// JSON returns a value as a line of JSON, without the escapes that only a page needs.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// SendJSON writes a value as JSON with the status.
func SendJSON(w http.ResponseWriter, status int, v any) error {
	body, err := JSON(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", Data)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
	return nil
}

// TakesGzip reports whether the request's Accept-Encoding names gzip and does not refuse it with q=0.
func TakesGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q, given := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(weight, " ", "")), "q=")
			return !given || strings.Trim(q, "0.") != ""
		}
	}
	return false
}

const (
	maxStreams   = 4                // whole lists that are sent at once: each is read from its beginning to its end
	stallsFor    = 30 * time.Second // how long a reader of something long may take nothing before it is cut off
	streamWithin = 10 * time.Minute // how long sending it may take: who reads slowly on purpose keeps no place for ever
)

// Stream sends something long, a file of that name, as write makes it. A mistake in the middle breaks the connection off, so
// that nobody takes a part for the whole.
func (s *Site) Stream(w http.ResponseWriter, r *http.Request, name, contentType string, write func(io.Writer) error) error {
	defer s.streams.Add(-1)
	if s.streams.Add(1) > maxStreams {
		return fault.New(fault.Unavailable, "busy")
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Add("Vary", "Accept-Encoding")
	if r.Method == http.MethodHead {
		return nil
	}
	var out io.Writer = Patient(w)
	done := func() error { return nil }
	if TakesGzip(r) {
		w.Header().Set("Content-Encoding", "gzip")
		z, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
		if err != nil {
			return err
		}
		out, done = z, z.Close
	}
	err := write(out)
	if err == nil {
		err = done()
	}
	if err != nil {
		if r.Context().Err() == nil {
			s.Logger.ErrorContext(r.Context(), "stream_broken", "request", VisitOf(r).ID, "error", err.Error())
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

// Attachment is a file that somebody else made: its name and its bytes are not ours.
type Attachment struct {
	Name, Type, Hash string
	Content          []byte
}

// Attach sends a file that find finds, to be saved and never shown within a page: whatever is in it, a browser that opens it all the
// same runs nothing of it. Few are in memory at once.
func (s *Site) Attach(w http.ResponseWriter, r *http.Request, find func() (Attachment, error)) error {
	defer s.streams.Add(-1)
	if s.streams.Add(1) > maxStreams {
		return fault.New(fault.Unavailable, "busy")
	}
	f, err := find()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", f.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	if h.Get("Cache-Control") != "no-store" { // as at the desk
		h.Set("Cache-Control", "no-cache") // it may be taken down
	}
	h.Set("ETag", `"`+f.Hash+`"`)
	http.ServeContent(Patient(w), r, "", time.Time{}, bytes.NewReader(f.Content))
	return nil
}

// patient is a writer whose deadline moves on with every write: the server's own is for answers of one piece.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
	end     time.Time
}

// Patient returns the writer for something long: it may take minutes, as long as its reader goes on reading.
func Patient(w http.ResponseWriter) http.ResponseWriter {
	return &patient{w, http.NewResponseController(w), time.Now().Add(streamWithin)}
}

func (p *patient) Write(b []byte) (int, error) {
	deadline := time.Now().Add(stallsFor)
	if deadline.After(p.end) {
		deadline = p.end
	}
	_ = p.control.SetWriteDeadline(deadline) // not every connection has deadlines
	return p.ResponseWriter.Write(b)
}
