package letter

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
)

// Pictures tell more than they show: a camera writes where it was, and whose it is. Only what is needed to show a picture
// is stored. The formats are those of ITU-T T.81 (JPEG) with Exif 2.32, the PNG specification (third edition) and GIF89a.

var errDamaged = errors.New("the picture is damaged")

// withoutMetadata returns a picture of a format that image.DecodeConfig named without what does not show.
func withoutMetadata(format string, data []byte) (out []byte, err error) {
	switch format {
	case "jpeg":
		return cleanJPEG(data)
	case "png":
		return cleanPNG(data)
	case "gif":
		return cleanGIF(data)
	}
	return nil, errDamaged
}

// cleanJPEG leaves out all application segments but the colour's, comments, and whatever follows the end of the picture. How
// the camera was held is kept, as Exif that says nothing else.
func cleanJPEG(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(data, []byte{0xff, 0xd8}) {
		return nil, errDamaged
	}
	out := append(make([]byte, 0, len(data)), 0xff, 0xd8)
	for at := 2; ; {
		if at+1 < len(data) && data[at] == 0xff && data[at+1] == 0xff { // fill
			at++
			continue
		}
		if at+4 > len(data) || data[at] != 0xff {
			if at+2 == len(data) && data[at] == 0xff && data[at+1] == 0xd9 {
				return append(out, 0xff, 0xd9), nil
			}
			return nil, errDamaged
		}
		marker := data[at+1]
		if marker == 0xd9 {
			return append(out, 0xff, 0xd9), nil
		}
		end := at + 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		if end < at+4 || end > len(data) {
			return nil, errDamaged
		}
		segment := data[at:end]
		switch content := segment[4:]; {
		case marker == 0xe1:
			if turned := orientation(content); turned > 1 {
				out = append(out, 0xff, 0xe1, 0, 34)
				out = append(out, "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"...)
				out = append(out, turned, 0, 0, 0, 0, 0, 0)
			}
		case marker == 0xe0, marker == 0xee, marker == 0xe2 && bytes.HasPrefix(content, []byte("ICC_PROFILE\x00")):
			out = append(out, segment...)
		case marker >= 0xe0 && marker <= 0xef, marker == 0xfe:
		default:
			out = append(out, segment...)
		}
		at = end
		if marker != 0xda {
			continue
		}
		for at+1 < len(data) && (data[at] != 0xff || data[at+1] == 0 || data[at+1] >= 0xd0 && data[at+1] <= 0xd7) { // the scan
			out = append(out, data[at])
			at++
		}
	}
}

// orientation returns the Exif orientation of an APP1 segment's content, 0 if it says none.
func orientation(content []byte) byte {
	tiff, ok := bytes.CutPrefix(content, []byte("Exif\x00\x00"))
	if !ok || len(tiff) < 8 {
		return 0
	}
	order := binary.ByteOrder(binary.BigEndian)
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0
	}
	for i := range int64(order.Uint16(tiff[at:])) {
		field := at + 2 + 12*i
		if field+12 > int64(len(tiff)) {
			return 0
		}
		if order.Uint16(tiff[field:]) == 0x112 {
			if n := order.Uint16(tiff[field+8:]); n >= 1 && n <= 8 {
				return byte(n)
			}
		}
	}
	return 0
}

// shownChunks are the chunks of a PNG, beside the critical ones, that change what is seen.
var shownChunks = []string{"tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "cICP", "sBIT", "bKGD", "pHYs", "acTL", "fcTL", "fdAT"}

func cleanPNG(data []byte) ([]byte, error) {
	const signature = "\x89PNG\r\n\x1a\n"
	rest, ok := bytes.CutPrefix(data, []byte(signature))
	if !ok {
		return nil, errDamaged
	}
	out := append(make([]byte, 0, len(data)), signature...)
	for {
		if len(rest) < 12 {
			return nil, errDamaged
		}
		n := int64(binary.BigEndian.Uint32(rest)) + 12
		if n > int64(len(rest)) {
			return nil, errDamaged
		}
		kind := string(rest[4:8])
		if kind[0] >= 'A' && kind[0] <= 'Z' || slices.Contains(shownChunks, kind) {
			out = append(out, rest[:n]...)
		}
		if kind == "IEND" {
			return out, nil
		}
		rest = rest[n:]
	}
}

func cleanGIF(data []byte) ([]byte, error) {
	if len(data) < 13 || string(data[:3]) != "GIF" {
		return nil, errDamaged
	}
	at := 13
	if data[10]&0x80 != 0 {
		at += 3 << (data[10]&7 + 1)
	}
	if at > len(data) {
		return nil, errDamaged
	}
	out := append(make([]byte, 0, len(data)), data[:at]...)
	for at < len(data) {
		begin, keep := at, true
		switch data[at] {
		case 0x3b:
			return append(out, 0x3b), nil
		case 0x21: // an extension; of an application's only how often the picture repeats
			if at+2 >= len(data) {
				return nil, errDamaged
			}
			name := data[at+2:]
			keep = data[at+1] == 0xf9 || data[at+1] == 0x01 ||
				data[at+1] == 0xff && (bytes.HasPrefix(name, []byte("\x0bNETSCAPE2.0")) || bytes.HasPrefix(name, []byte("\x0bANIMEXTS1.0")))
			at += 2
		case 0x2c:
			if at+10 >= len(data) {
				return nil, errDamaged
			}
			if flags := data[at+9]; flags&0x80 != 0 {
				at += 3 << (flags&7 + 1)
			}
			at += 11
		default:
			return nil, errDamaged
		}
		for { // blocks of up to 255 bytes until an empty one
			if at >= len(data) {
				return nil, errDamaged
			}
			n := int(data[at])
			at += 1 + n
			if n == 0 {
				break
			}
		}
		if at > len(data) {
			return nil, errDamaged
		}
		if keep {
			out = append(out, data[begin:at]...)
		}
	}
	return nil, errDamaged
}
