// Package journey holds tests of what somebody does from start to end: a signer from the form to the count and back, an
// organiser from a pasted text to a closed letter, a reader, an invited office. Each goes through a whole application on a real
// database, by its pages and its mails, some in a real browser.
//
// What must hold on every page and after every accident is in promise, what only who runs an instance does is in operate.
package journey
