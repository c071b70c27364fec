package store

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// cleanVFS is the name under which SQLite opens files so that nothing but live rows reaches the database file.
//
// secure_delete overwrites what is deleted, but not what was only moved: when SQLite spreads the rows of a full page over its
// neighbours, copies of those that left stay in the page's unused middle, and are still there when the rows themselves are
// long deleted. SQLite knows no setting against that. So each page is cleaned on its way into the file, which nothing
// reads: the middle is unused by definition, and the write-ahead log, whose frames have checksums, is not touched.
const cleanVFS = "undersigned"

// registerCleanVFS makes the VFS known to SQLite: the default one, with another xOpen.
var registerCleanVFS = sync.OnceValue(func() error {
	tls := libc.NewTLS()
	defer tls.Close()
	original := sqlite3.Xsqlite3_vfs_find(tls, 0)
	name, err := libc.CString(cleanVFS)
	if err != nil || original == 0 {
		return fmt.Errorf("store: SQLite has no default VFS: %v", err)
	}
	own := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{}))) // SQLite keeps it to the end of the process
	if own == 0 {
		return fmt.Errorf("store: no memory")
	}
	vfs := at[sqlite3.Tsqlite3_vfs](own)
	*vfs = *at[sqlite3.Tsqlite3_vfs](original)
	vfs.FpNext, vfs.FzName = 0, name
	originalOpen = funcAt[openFunc](vfs.FxOpen)
	vfs.FxOpen = addressOf(openFunc(openClean))
	if rc := sqlite3.Xsqlite3_vfs_register(tls, own, 0); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("store: SQLite refuses a VFS: code %d", rc)
	}
	return nil
})

type (
	openFunc  func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32
	writeFunc func(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32
)

// What the default VFS does. It has one table of methods for database files; originalWrite is of that.
var (
	originalOpen    openFunc
	originalWrite   writeFunc
	originalMethods uintptr
	cleanMethods    uintptr
	methodsMu       sync.Mutex // guards the making of cleanMethods
)

// openClean opens a file, and has the pages of a database file cleaned.
func openClean(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
	rc := originalOpen(tls, vfs, name, file, flags, out)
	if rc != sqlite3.SQLITE_OK || flags&sqlite3.SQLITE_OPEN_MAIN_DB == 0 {
		return rc
	}
	f := at[sqlite3.Tsqlite3_file](file)
	methodsMu.Lock()
	defer methodsMu.Unlock()
	if cleanMethods == 0 {
		own := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_io_methods{})))
		if own == 0 {
			return sqlite3.SQLITE_NOMEM
		}
		methods := at[sqlite3.Tsqlite3_io_methods](own)
		*methods = *at[sqlite3.Tsqlite3_io_methods](f.FpMethods)
		originalWrite = funcAt[writeFunc](methods.FxWrite)
		methods.FxWrite = addressOf(writeFunc(writeClean))
		originalMethods, cleanMethods = f.FpMethods, own
	}
	if f.FpMethods != originalMethods {
		return sqlite3.SQLITE_CANTOPEN // SQLite has chosen other locks for this file than for the first
	}
	f.FpMethods = cleanMethods
	return rc
}

// maxCleaned is how large a file is cleaned: from 128 GiB on, pages of other kinds could begin like those of a table.
const maxCleaned = 64 << 30

var tooLarge atomic.Bool

// writeClean writes a page that is clean. SQLite writes whole pages into a database file.
func writeClean(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32 {
	if offset >= maxCleaned {
		tooLarge.Store(true)
	}
	if !tooLarge.Load() {
		clearUnused(unsafe.Slice(at[byte](data), n), offset == 0)
	}
	return originalWrite(tls, file, data, n, offset)
}

// clearUnused overwrites the bytes of a page between its cell pointers and its cells, where it is one of a table or an index. Other
// pages begin with the high byte of a page number, which is zero in any file below 64 GiB; a page for which the numbers of the
// header make no sense is left alone.
func clearUnused(page []byte, first bool) {
	head := 0
	if first {
		head = 100 // the header of the file
	}
	if len(page) < 512 {
		return
	}
	pointers := head + 8
	switch page[head] {
	case 10, 13: // a leaf of an index, of a table
	case 2, 5: // above the leaves
		pointers += 4
	default:
		return
	}
	begin := pointers + 2*int(binary.BigEndian.Uint16(page[head+3:]))
	end := int(binary.BigEndian.Uint16(page[head+5:]))
	if begin <= end && end <= len(page) {
		clear(page[begin:end])
	}
}

// at returns what lies at an address that SQLite has given.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// funcAt and addressOf turn what SQLite holds as a pointer to a function into the function, and back. Only functions that are
// declared have an address that stays.
func funcAt[F any](address uintptr) F { return *(*F)(unsafe.Pointer(&address)) }

func addressOf[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }
