package page

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// What is served whole, in part and not at all says so, compressed or not, and HEAD is GET without the body.
func TestServe(t *testing.T) {
	body := strings.Repeat("0123456789", 1000)
	serve := func(method, coding string, header ...string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(method, "/", nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		if coding != "" {
			w.Header().Set("Content-Encoding", coding)
		}
		Serve(w, r, Plain, `"tag"`, []byte(body))
		return w
	}
	for _, coding := range []string{"", "gzip"} {
		whole, head := serve(http.MethodGet, coding), serve(http.MethodHead, coding)
		if whole.Code != http.StatusOK || whole.Body.String() != body || whole.Header().Get("Content-Length") != strconv.Itoa(len(body)) ||
			whole.Header().Get("Content-Type") != Plain || whole.Header().Get("ETag") != `"tag"` || whole.Header().Get("Content-Encoding") != coding {
			t.Errorf("%q: %d, %d bytes, %v", coding, whole.Code, whole.Body.Len(), whole.Header())
		}
		if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("Content-Length") != strconv.Itoa(len(body)) {
			t.Errorf("HEAD %q: %d, %d bytes, %v", coding, head.Code, head.Body.Len(), head.Header())
		}
		if x := serve(http.MethodGet, coding, "If-None-Match", `"x", W/"tag"`); x.Code != http.StatusNotModified || x.Body.Len() != 0 ||
			x.Header().Get("Content-Encoding")+x.Header().Get("Content-Length") != "" || x.Header().Get("ETag") == "" {
			t.Errorf("%q, to who has it: %d, %d bytes, %v", coding, x.Code, x.Body.Len(), x.Header())
		}
		if x := serve(http.MethodGet, coding, "Range", "bytes=5-14", "If-Range", `"tag"`); x.Code != http.StatusPartialContent ||
			x.Body.String() != "5678901234" || x.Header().Get("Content-Length") != "10" || x.Header().Get("Content-Range") != "bytes 5-14/10000" {
			t.Errorf("%q, in part: %d, %q, %v", coding, x.Code, x.Body, x.Header())
		}
		if x := serve(http.MethodGet, coding, "Range", "bytes=9990-"); x.Code != http.StatusPartialContent || x.Body.String() != "0123456789" {
			t.Errorf("%q, the end: %d, %q", coding, x.Code, x.Body)
		}
		if x := serve(http.MethodGet, coding, "Range", "bytes=5-14", "If-Range", `"old"`); x.Code != http.StatusOK || x.Body.String() != body {
			t.Errorf("%q, part of another: %d, %d bytes", coding, x.Code, x.Body.Len())
		}
	}
}
