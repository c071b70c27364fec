package testkit

import (
	"context"
	"net"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// DNS is a name server on loopback that knows TXT records only.
type DNS struct {
	*net.Resolver
	mu      sync.Mutex
	records map[string][]string // guarded by mu; by name without the full stop at its end
}

// NameServer starts a name server that stops with the test.
func NameServer(t testing.TB) *DNS {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &DNS{records: map[string][]string{}}
	d.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
	var done sync.WaitGroup
	done.Go(func() { d.serve(socket) })
	t.Cleanup(func() {
		_ = socket.Close()
		done.Wait()
	})
	return d
}

// Set puts the TXT records of a name.
func (d *DNS) Set(name string, records ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records[name] = records
}

func (d *DNS) serve(socket net.PacketConn) {
	packet := make([]byte, 1500)
	for {
		n, from, err := socket.ReadFrom(packet)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(packet[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		d.mu.Lock()
		records := d.records[q.Name.String()[:len(q.Name.String())-1]]
		d.mu.Unlock()
		m.Response, m.Authoritative, m.Additionals = true, true, nil
		if m.RCode = dnsmessage.RCodeNameError; len(records) > 0 {
			m.RCode = dnsmessage.RCodeSuccess
		}
		for _, text := range records {
			if q.Type == dnsmessage.TypeTXT {
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body: &dnsmessage.TXTResource{TXT: []string{text}}})
			}
		}
		if answer, err := m.Pack(); err == nil {
			_, _ = socket.WriteTo(answer, from)
		}
	}
}
