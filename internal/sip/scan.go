package sip

import "bytes"

// scanCallID finds the Call-ID in a message that was not parsed yet, to choose
// its loop. It may be wrong about a malformed message, which then merely
// comes to some loop.
func scanCallID(data []byte) []byte {
	for {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			return nil
		}
		data = data[i+1:]
		if len(data) < 3 {
			return nil
		}
		switch data[0] {
		case '\r', '\n': // the end of the header
			return nil
		case 'c', 'C':
			if len(data) > 8 && bytes.EqualFold(data[:7], []byte("call-id")) {
				if id := afterColon(data[7:]); id != nil {
					return id
				}
			}
		case 'i', 'I':
			if id := afterColon(data[1:]); id != nil {
				return id
			}
		}
	}
}

// afterColon is the value of the field whose name ended before data.
func afterColon(data []byte) []byte {
	data = bytes.TrimLeft(data, " \t")
	if len(data) == 0 || data[0] != ':' {
		return nil
	}
	data = data[1:]
	for {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			end = len(data)
		}
		if value := bytes.Trim(data[:end], " \t\r"); len(value) > 0 {
			return value
		}
		// The value may stand on a continuation line.
		if end+1 >= len(data) || data[end+1] != ' ' && data[end+1] != '\t' {
			return nil
		}
		data = data[end+1:]
	}
}
