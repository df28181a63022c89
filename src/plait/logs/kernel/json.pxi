# Records as lines of JSON; a part of `compiled.pyx`.

cdef uint8_t[256] _short_escape  # the letter behind the backslash
for _byte, _letter in zip(b'"\\\b\f\n\r\t', b'"\\bfnrt'):
    _short_escape[_byte] = _letter
cdef const char* _HEX = b"0123456789abcdef"

cdef enum:
    OPENING = 9  # the bytes of {"time":"
    STAMP = 19  # of 2026-03-01T10:00:00


cdef struct Form:
    const Piece* heads  # a source
    const Piece* levels  # a level
    const Piece* flags
    const Piece* ends


def json_lines(batch, bytes codes, heads, levels, flags, ends):
    """See `plait.logs.kernel.columns.json_lines`."""
    cdef bytes block = batch.block, batch_flags = batch.flags, made
    cdef array.array column = batch.bounds, times = batch.times
    cdef int64_t* bounds = _q(column)
    cdef int64_t* given_times = _q(times)
    cdef int32_t* origins = _ranks(batch, len(heads))
    cdef Py_ssize_t n = len(times), size = 0
    cdef const uint8_t* data = _bytes(block)
    cdef const uint8_t* given_codes = _bytes(codes)
    cdef const uint8_t* given_flags = _bytes(batch_flags)
    cdef uint8_t* out
    cdef Form form
    cdef int64_t* sizes = NULL
    form.heads = form.levels = form.flags = form.ends = NULL
    try:
        form.heads, form.levels = _pieces(heads), _pieces(levels)
        form.flags, form.ends = _pieces(flags), _pieces(ends)
        sizes = <int64_t*> malloc(max(1, n) * sizeof(int64_t))
        if sizes == NULL:
            raise MemoryError
        with nogil:
            size = _json_size(
                &form, data, bounds, given_times, given_codes, given_flags, origins, n, sizes
            )
        made = PyBytes_FromStringAndSize(NULL, size)
        out = <uint8_t*> _bytes(made)
        with nogil:
            _json_write(
                &form, data, bounds, given_times, given_codes, given_flags, origins, n, sizes, out
            )
    finally:
        free(<void*> form.heads)
        free(<void*> form.levels)
        free(<void*> form.flags)
        free(<void*> form.ends)
        free(sizes)
    return made


cdef Py_ssize_t _json_size(
    const Form* form, const uint8_t* data, const int64_t* bounds, const int64_t* times,
    const uint8_t* codes, const uint8_t* flags, const int32_t* origins, Py_ssize_t n,
    int64_t* sizes,
) noexcept nogil:
    """How many bytes all lines take, and how many each text within its quotes."""
    cdef Py_ssize_t i, size = 0, length
    cdef const uint8_t* p
    for i in range(n):
        p = data + bounds[i]
        length = _text_size(p, bounds[i + 1] - bounds[i])
        sizes[i] = length if _goes_as_it_is(p, length) else _escaped(p, length, NULL)
        size += sizes[i] + _digits_of(times[i]) + form.heads[origins[i] if origins else 0].size
        size += form.levels[codes[i]].size + form.flags[flags[i]].size + form.ends[flags[i]].size
    return size + n * (OPENING + STAMP + 3)  # and Z and two quotes


cdef void _json_write(
    const Form* form, const uint8_t* data, const int64_t* bounds, const int64_t* times,
    const uint8_t* codes, const uint8_t* flags, const int32_t* origins, Py_ssize_t n,
    const int64_t* sizes, uint8_t* out,
) noexcept nogil:
    cdef Py_ssize_t i, length
    cdef int64_t second, seen = 0, rest
    cdef uint8_t[STAMP] stamp
    cdef const uint8_t* p
    _write_second(seen, stamp)
    for i in range(n):
        second = times[i] / 1000000000
        rest = times[i] - second * 1000000000
        if rest < 0:  # before 1970
            second -= 1
            rest += 1000000000
        if second != seen:
            _write_second(second, stamp)
            seen = second
        memcpy(out, b'{"time":"', OPENING)
        memcpy(out + OPENING, stamp, STAMP)
        out = _write_fraction(rest, out + OPENING + STAMP)
        out[0] = 90  # Z
        out = _put(out + 1, &form.heads[origins[i] if origins else 0])
        out = _put(out, &form.levels[codes[i]])
        out = _put(out, &form.flags[flags[i]])
        out[0] = 34
        out += 1
        p = data + bounds[i]
        length = _text_size(p, bounds[i + 1] - bounds[i])
        if sizes[i] == length:  # whatever is escaped grows
            memcpy(out, p, length)
        else:
            _escaped(p, length, out)
        out += sizes[i]
        out[0] = 34
        out = _put(out + 1, &form.ends[flags[i]])


cdef inline Py_ssize_t _text_size(const uint8_t* raw, Py_ssize_t size) noexcept nogil:
    """Without the line end."""
    return size - 2 if size > 1 and raw[size - 2] == 13 else size - 1


cdef inline int _digits_of(int64_t time) noexcept nogil:
    """How many bytes the fraction takes, with its point."""
    if time % 1000:
        return 10
    if time % 1000000:
        return 7
    return 4 if time % 1000000000 else 0


cdef inline uint8_t* _write_fraction(int64_t rest, uint8_t* out) noexcept nogil:
    cdef int size = _digits_of(rest), i
    if size == 0:
        return out
    rest /= 1 if size == 10 else 1000 if size == 7 else 1000000
    out[0] = 46
    for i in range(size - 1, 0, -1):
        out[i] = 48 + rest % 10
        rest /= 10
    return out + size


cdef inline void _write_two(uint8_t* out, int64_t number) noexcept nogil:
    out[0], out[1] = 48 + number / 10, 48 + number % 10


cdef void _write_second(int64_t second, uint8_t* out) noexcept nogil:
    """Write a second since 1970 as ISO 8601; a column of nanoseconds holds four-digit years only."""
    cdef int64_t days = second / 86400, era, of_era, year, of_year, month
    second -= days * 86400
    if second < 0:
        days -= 1
        second += 86400
    # Years begin in March here, so that the leap day is the last of its year.
    days += 719468
    era = days / 146097
    of_era = days - era * 146097
    year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365
    of_year = of_era - (365 * year + year / 4 - year / 100)
    month = (5 * of_year + 2) / 153
    year += era * 400 + (month > 9)
    _write_two(out, year / 100)
    _write_two(out + 2, year % 100)
    _write_two(out + 5, month - 9 if month > 9 else month + 3)
    _write_two(out + 8, of_year - (153 * month + 2) / 5 + 1)
    _write_two(out + 11, second / 3600)
    _write_two(out + 14, second / 60 % 60)
    _write_two(out + 17, second % 60)
    out[4] = out[7] = 45
    out[10], out[13], out[16] = 84, 58, 58


cdef inline bint _goes_as_it_is(const uint8_t* p, Py_ssize_t n) noexcept nogil:
    """Whether all of it is ASCII that a JSON string need not escape."""
    cdef uint64_t ones = 0x0101010101010101, word, odd = 0
    cdef Py_ssize_t i = 0
    while i + 8 <= n:
        word = _load(p + i)
        # The top bit of a byte tells that it is below a blank, beyond ASCII, a quote or a
        # backslash; a borrow may set it above such a byte too, which makes no difference.
        odd |= (
            (word - ones * 32) | word
            | ((word ^ (ones * 34)) - ones) | ((word ^ (ones * 92)) - ones)
        )
        i += 8
    if odd & (ones * 128):
        return False
    while i < n:
        if p[i] < 32 or p[i] > 127 or p[i] == 34 or p[i] == 92:
            return False
        i += 1
    return True


cdef Py_ssize_t _escaped(const uint8_t* p, Py_ssize_t n, uint8_t* out) noexcept nogil:
    """How many bytes the text takes in a JSON string; written where there is an `out`."""
    cdef Py_ssize_t i = 0, size = 0, length, j
    cdef uint8_t c
    while i < n:
        c = p[i]
        length = 1
        if c > 127:
            length = _sequence(p + i, n - i)
        if length == 0:
            if out != NULL:
                memcpy(out + size, b"\\\\x", 3)
                out[size + 3], out[size + 4] = _HEX[c >> 4], _HEX[c & 15]
            length, size = 1, size + 5
        elif c < 32 or c == 34 or c == 92:
            if _short_escape[c]:
                if out != NULL:
                    out[size], out[size + 1] = 92, _short_escape[c]
                size += 2
            else:
                if out != NULL:
                    memcpy(out + size, b"\\u00", 4)
                    out[size + 4], out[size + 5] = _HEX[c >> 4], _HEX[c & 15]
                size += 6
        else:
            if out != NULL:
                for j in range(length):
                    out[size + j] = p[i + j]
            size += length
        i += length
    return size


cdef inline Py_ssize_t _sequence(const uint8_t* p, Py_ssize_t n) noexcept nogil:
    """The length of the UTF-8 sequence of more than one byte that begins here; 0: none does."""
    cdef uint8_t c = p[0], low = 0x80, high = 0xBF
    if c < 0xC2 or c > 0xF4 or n < 2:
        return 0
    if c < 0xE0:
        return 2 if p[1] & 0xC0 == 0x80 else 0
    # Not longer than need be, no surrogates, nothing beyond U+10FFFF.
    if c == 0xE0:
        low = 0xA0
    elif c == 0xED:
        high = 0x9F
    elif c == 0xF0:
        low = 0x90
    elif c == 0xF4:
        high = 0x8F
    if not low <= p[1] <= high or n < 3 or p[2] & 0xC0 != 0x80:
        return 0
    if c < 0xF0:
        return 3
    return 4 if n > 3 and p[3] & 0xC0 == 0x80 else 0
