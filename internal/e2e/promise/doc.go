// Package promise holds tests of what must never break, whatever somebody sends and whatever happens to the server: no link that
// confirms by itself, no name in the log, no acknowledgement that is lost, no page without its headers, no form for who may not
// use it, no number that the public log does not show. With -soak they kill, trace and load for longer.
//
// Whole ways through the product are in journey, the commands and settings of an operator in operate.
package promise
