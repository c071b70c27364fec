package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"time"
)

// limiter counts requests of a network in memory only: the key is an HMAC of the network (IPv4/24, IPv6/56) under a random
// key that lives for one window, so that nothing that could be written down names anybody.
type limiter struct {
	now     func() time.Time
	proxies []netip.Prefix

	mu     sync.Mutex
	secret [32]byte
	until  time.Time
	counts map[[16]byte]int
}

const (
	limitWindow  = 10 * time.Minute
	limitNetwork = 1000 // forms one network may send in a window: a school or an office shares one
	limitKeys    = 200_000
)

func newLimiter(now func() time.Time, proxies []string) *limiter {
	l := &limiter{now: now}
	for _, cidr := range proxies {
		if p, err := netip.ParsePrefix(cidr); err == nil {
			l.proxies = append(l.proxies, p)
		}
	}
	return l
}

// allow counts a request and reports whether its network may still send one.
func (l *limiter) allow(r *http.Request) bool {
	network := l.network(r)
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := l.now(); !now.Before(l.until) {
		rand.Read(l.secret[:])
		l.until, l.counts = now.Add(limitWindow), map[[16]byte]int{}
	}
	mac := hmac.New(sha256.New, l.secret[:])
	mac.Write([]byte(network))
	key := [16]byte(mac.Sum(nil))
	if _, known := l.counts[key]; !known && len(l.counts) >= limitKeys {
		return true // a flood from everywhere is not stopped by counting networks
	}
	l.counts[key]++
	return l.counts[key] <= limitNetwork
}

func (l *limiter) network(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return ""
	}
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(forwarded) - 1; i >= 0 && l.trusted(addr); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(forwarded[i]))
		if err != nil {
			break
		}
		addr = next
	}
	addr = addr.Unmap()
	bits := 56
	if addr.Is4() {
		bits = 24
	}
	prefix, err := addr.WithZone("").Prefix(bits)
	if err != nil {
		return ""
	}
	return prefix.String()
}

func (l *limiter) trusted(a netip.Addr) bool {
	for _, p := range l.proxies {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// redacting is a log handler for messages of others: net/http names addresses in its own, quotes what it was sent, and
// prints the value of a panic.
type redacting struct{ slog.Handler }

var quotedPattern = regexp.MustCompile(`"(?:[^"\\]|\\.)*"?`)

var addressPattern = regexp.MustCompile(`\[?[0-9a-fA-F]*[.:][0-9a-fA-F.:%a-z]*[0-9a-fA-F]\]?(:\d+)?`)

func (h redacting) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, "http_server", 0)
	message, _, _ := strings.Cut(r.Message, "\n")
	if before, _, found := strings.Cut(message, "panic serving"); found {
		message = before + "panic serving"
	}
	message = quotedPattern.ReplaceAllString(message, "[quoted]")
	clean.AddAttrs(slog.String("message", addressPattern.ReplaceAllString(message, "[address]")))
	return h.Handler.Handle(ctx, clean)
}
