// Package operate holds tests of what who runs an instance does and sees: processes that start, stop and run side by side,
// backups, restores, upgrades, the doctor, the log check, metrics and overviews, a clock that is wrong.
//
// What the public and the desk do is in journey, what must hold whatever happens is in promise.
package operate
