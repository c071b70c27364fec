package promise

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/undersigned/undersigned/internal/app"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/testkit"
)

// What a visitor of the scenario is recognised by.
const (
	canaryName    = "Zephyrine Quartermaine"
	canaryOffice  = "Lampwright Emerita"
	canaryAddress = "zephyrine.q@canary.example"
	canaryAgent   = "CanaryAgent/7.7"
	canaryNetwork = "203.0.113.77"
)

// Nothing of a visitor is in the log, in text or JSON, down to debug level: not after a signature, nor after mistakes,
// panics, refused mails, malformed requests and a lost database.
func TestLog_holdsNothingOfVisitors(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine store.Engine) {
		var fail atomic.Bool
		a := testkit.App(t, engine, func(o *app.Options) {
			o.Server.TrustProxy, o.Server.RateLimit = []string{"127.0.0.0/8"}, "on"
			o.OnQuery = func(q *store.Query) {
				if q.Name() == "pending.insert" && fail.CompareAndSwap(true, false) {
					panic("planted: " + canaryName + " " + canaryAddress)
				}
			}
		})
		words := visit(t, a)
		mistakes(t, a)
		fail.Store(true)
		c := a.Client(t)
		if r := c.Post(testkit.Page+"/signatures", canaryForm(canaryAddress)); r.Status != 500 || fail.Load() {
			t.Errorf("a panic in a transaction was answered with %d", r.Status)
		}
		serverErrors(t, a)
		if err := a.DB.Close(); err != nil {
			t.Fatal(err)
		}
		if r := c.Post(testkit.Page+"/signatures", canaryForm(canaryAddress)); r.Status < 500 {
			t.Errorf("without a database signing was answered with %d", r.Status)
		}
		log := a.Log.String()
		for _, event := range []string{"request", "panic", "internal_error", "mail_refused", "http_server"} {
			if !strings.Contains(log, `"msg":"`+event) || !strings.Contains(log, "msg="+event) && !strings.Contains(log, `msg="`+event) {
				t.Errorf("the scenario logs no event %q in JSON and text", event)
			}
		}
		if found := testkit.Leaks(log, words...); len(found) > 0 {
			t.Errorf("the log holds %q", found)
		}
		a.Options.Log.Info("planted", "to", canaryAddress)
		if found := testkit.Leaks(a.Log.String(), words...); len(found) == 0 {
			t.Error("a planted leak is not found: the search is broken")
		}
	})
}

func canaryForm(address string) url.Values {
	form := testkit.SignForm(canaryName, address)
	form.Set("title", canaryOffice)
	return form
}

// visit signs, confirms and looks at the signature, and returns every word that must not be logged.
func visit(t *testing.T, a *testkit.Running) []string {
	t.Helper()
	c := a.Client(t)
	header := []string{"User-Agent", canaryAgent, "X-Forwarded-For", canaryNetwork, "Referer", a.URL + "/" + canaryName}
	r := c.Post(testkit.Page+"/signatures", canaryForm(canaryAddress), header...)
	if r.Status != http.StatusSeeOther {
		t.Fatalf("signing was answered with %d: %s", r.Status, r.Main(t))
	}
	code := c.Get(r.Header.Get("Location"), header...).Code(t)
	mail := a.Inbox.Wait(t, canaryAddress)
	c.Get(mail.Link, header...)
	a.Client(t).Post("/confirm/"+mail.Token(), testkit.Press("code"), header...)
	fresh := a.Inbox.Wait(t, canaryAddress).Code()
	secret := c.Post("/confirm/"+mail.Token(), testkit.Press("confirm"), header...).Secret(t)
	c.Post("/signature", testkit.Press("show", "secret", secret), header...)
	c.Get(testkit.Page+"/signatories?q="+url.QueryEscape(canaryName), header...)
	a.Inbox.Refuse("refused." + canaryAddress)
	c.Post(testkit.Page+"/signatures", canaryForm("refused."+canaryAddress), header...)
	testkit.Eventually(t, "the refusal is logged", func() bool { return strings.Contains(a.Log.String(), "mail_refused") })
	return []string{canaryName, canaryOffice, canaryAddress, "zephyrine", canaryAgent, canaryNetwork, "203.0.113.", mail.Token(), secret,
		" " + code + " ", `"` + code + `"`, " " + fresh + " ", `"` + fresh + `"`, c.Cookie("__Host-sign").Value, "127.0.0.1"}
}

// mistakes sends the visitor's words to where they do not belong.
func mistakes(t *testing.T, a *testkit.Running) {
	t.Helper()
	c := a.Client(t)
	name, address := url.PathEscape(canaryName), url.PathEscape(canaryAddress)
	header := []string{"User-Agent", canaryAgent, "X-Forwarded-For", canaryNetwork}
	for _, path := range []string{"/" + name, "/letters/" + name, "/fa/" + address + "/x", "/confirm/" + address, "/organisations/" + name, "/media/" + address,
		"/?q=" + name, testkit.Page + "/editions/" + name, testkit.Page + "/signatories?after=" + name, "/" + name + "/../" + address + "//x",
		"/readyz?" + name} {
		c.Get(path, header...)
		c.Do("BREW"+strings.ReplaceAll(canaryName, " ", ""), path, nil, header...)
		c.Post(path, url.Values{canaryName: {canaryAddress}}, header...)
	}
	for _, form := range []url.Values{{"name": {canaryName}, "email": {canaryAddress + "@"}}, {"name": {canaryName + "\x00"}}} {
		c.Post(testkit.Page+"/signatures", form, header...)
	}
	c.Post("/signature", testkit.Press("erase", "secret", canaryAddress, "id", canaryName), header...)
	c.Post("/confirm/x", testkit.Press(canaryName, "code", canaryAddress), header...)
	// A body that panics stands for any mistake in a handler.
	recorder := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodPost, testkit.Page+"/signatures", panicking{})
	request.Header.Set("Content-Type", testkit.Urlencoded)
	request.RemoteAddr = canaryNetwork + ":4711"
	a.Web.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusInternalServerError || strings.Contains(recorder.Body.String(), "Zephyrine") ||
		testkit.Traces.MatchString(recorder.Body.String()) {
		t.Errorf("a panic was answered with %d %.300s", recorder.Code, recorder.Body)
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) {
	panic(fmt.Errorf("planted: %s <%s>", canaryName, canaryAddress))
}

// serverErrors makes net/http speak: requests that it refuses itself, and the messages it writes of its own.
func serverErrors(t *testing.T, a *testkit.Running) {
	t.Helper()
	for _, request := range []string{"GET /" + canaryName + " HTTP/1.1\r\nHost: x\r\n\r\n", canaryName + "\r\n\r\n",
		"GET / HTTP/9.9\r\nX: " + canaryAddress + "\r\n\r\n",
		"GET / HTTP/1.1\r\n" + canaryName + "\r\n\r\n", "GET /x;" + canaryAddress + " HTTP/1.1\r\nHost: " + canaryName + "\r\n\r\n"} {
		raw(t, a, request)
	}
	if conn, err := tls.Dial("tcp", a.Options.Server.Listen, &tls.Config{ServerName: "zephyrine.canary.example", InsecureSkipVerify: true}); err == nil {
		_ = conn.Close()
		t.Error("the server speaks TLS")
	}
	own := a.Web.HTTPServer().ErrorLog
	own.Printf("http: panic serving %s:4711: %s\ngoroutine 7 [running]:\nmain(%q)", canaryNetwork, canaryName, canaryAddress)
	own.Printf("http: TLS handshake error from [2001:db8::%s]:99: client offered %q", "7", canaryName)
	own.Printf("http: Accept error: accept tcp %s:80: too many open files; retrying in 5ms", canaryNetwork)
	own.Printf("http2: received GOAWAY debug=%q", canaryAddress)
	if strings.Contains(a.Log.String(), "2001:db8") {
		t.Error("the log holds an address of IPv6")
	}
}
