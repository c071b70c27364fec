package store

import "time"

// OrNull is a value as a column holds it in which NULL stands for the zero value.
func OrNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// Micros is a time as columns hold it: microseconds since 1970 UTC, NULL for the zero time.
func Micros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	return new(t.UnixMicro())
}

// Instant is the time that Micros was made of.
func Instant(micros *int64) time.Time {
	if micros == nil {
		return time.Time{}
	}
	return time.UnixMicro(*micros).UTC()
}
