# The levels that records name, as `plait.logs.levels` has it; a part of `compiled.pyx`.

from plait.logs.levels import (
    CODES, HEAD, JSON_HEAD, JSON_KEYS, LETTERS, NAMES, PROSE, SYSLOG, TENS, level_of,
)

# What to do at a byte, in the search for a level.
cdef enum:
    CAPITAL = 1  # a name in capitals may begin
    MARK = 2  # a mark may begin behind which a name counts in any case
    WORD = 4  # part of a word
    STICKS = 8  # a name behind it is part of something longer
    KEY = 16  # a key of a JSON object that holds a level may begin
    ASK = 255  # a code: ask `level_of`
    MOST_LETTERS = 16
    NAME_SLOTS = 256

cdef uint8_t[256] _kind
cdef uint8_t[256] _letter_code
cdef uint8_t[8] _severity_code
cdef uint8_t[7] _tens_code
cdef Py_ssize_t _head = HEAD
cdef Py_ssize_t _json_head = JSON_HEAD

cdef struct Name:
    uint64_t low, high  # its letters in lower case; both 0 in a free slot
    uint8_t code
    bint sole  # it counts in capitals alone

cdef Name[NAME_SLOTS] _names
cdef Name[NAME_SLOTS] _keys


cdef inline int _slot(uint64_t low, uint64_t high) noexcept nogil:
    return ((low ^ (high * 31)) * <uint64_t> 0x9E3779B97F4A7C15) >> 56


cdef _fill(Name* table, bytes text, int code, bint sole):
    padded = text.ljust(MOST_LETTERS, b"\0")
    cdef uint64_t low = int.from_bytes(padded[:8], "little")
    cdef uint64_t high = int.from_bytes(padded[8:], "little")
    cdef int slot = _slot(low, high)
    assert len(text) <= MOST_LETTERS
    while table[slot].low:
        slot = (slot + 1) % NAME_SLOTS
    table[slot].low, table[slot].high = low, high
    table[slot].code, table[slot].sole = code, sole


cdef _prepare():
    for byte in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_":
        _kind[byte] |= WORD | STICKS
    for byte in b"./=-":
        _kind[byte] |= STICKS
    for byte in b"[<\tm= ":
        _kind[byte] |= MARK
    for name, level in NAMES.items():
        _fill(_names, name, CODES[level], name not in PROSE)
        _kind[name.upper()[0]] |= CAPITAL
    for i, letter in enumerate(LETTERS):
        _letter_code[letter[0]] = CODES[LETTERS[letter]]
    for i in range(8):
        _severity_code[i] = CODES[SYSLOG[i]]
    for i in range(7):
        _tens_code[i] = CODES[TENS[i]]
    for key in JSON_KEYS:
        _fill(_keys, key, 1, False)
        _kind[key[0]] |= KEY
        _kind[key.upper()[0]] |= KEY
    for key in (b"s", b"PRIORITY"):
        _kind[key[0]] |= KEY

_prepare()


cdef inline bint _is_word(uint8_t c) noexcept nogil:
    return _kind[c] & WORD


cdef inline bint _is_space(uint8_t c) noexcept nogil:
    return c == 32 or 9 <= c <= 13


cdef inline const Name* _look_up(const Name* table, uint64_t low, uint64_t high) noexcept nogil:
    cdef int slot = _slot(low, high)
    while table[slot].low:
        if table[slot].low == low and table[slot].high == high:
            return &table[slot]
        slot = (slot + 1) % NAME_SLOTS
    return NULL


cdef inline const Name* _name(
    const uint8_t* p, const uint8_t* end, const uint8_t** after, bint* capitals
) noexcept nogil:
    """The name that all the letters make that stand here, up to `after`; or NULL."""
    cdef uint64_t low = 0, high = 0
    cdef int n = 0
    cdef uint8_t small = 0
    while p + n < end and _is_letter(p[n]):
        if n < 8:
            low |= <uint64_t> (p[n] | 32) << (8 * n)
        elif n < MOST_LETTERS:
            high |= <uint64_t> (p[n] | 32) << (8 * (n - 8))
        else:
            return NULL
        small |= p[n] & 32
        n += 1
    if n < 3:
        return NULL
    after[0] = p + n
    capitals[0] = small == 0
    return _look_up(_names, low, high)


cdef int _level(const uint8_t* raw, const uint8_t* end) noexcept nogil:
    """The code of the level that `level_of` finds, or ASK."""
    cdef int code = _at_start(raw, end)
    cdef const uint8_t* head_end = raw + _head if end - raw > _head else end
    cdef const uint8_t* brace
    if code:
        return code
    brace = <const uint8_t*> memchr(raw, 123, head_end - raw)
    if brace == NULL:
        return _plain(raw, head_end)
    if brace > raw:
        code = _plain(raw, brace)
        if code:
            return code
    code = _json(brace, brace + _json_head if end - brace > _json_head else end)
    return code if code else _plain(raw, head_end)


cdef int _at_start(const uint8_t* raw, const uint8_t* end) noexcept nogil:
    """What the start of a record says: a priority, a letter and a date, a name as a label."""
    cdef uint8_t c = raw[0]
    cdef const uint8_t* p = raw + 1
    cdef const Name* name
    cdef int64_t number
    cdef bint capitals = False
    if c == 60:  # <
        while _is_digit(p[0]):  # the newline ends it
            p += 1
        if p == raw + 1 or p - raw > 4 or p[0] != 62:
            return 0
        number = _number(raw + 1, p - raw - 1)
        return _severity_code[number % 8] if number < 192 else 0
    if _is_digit(c):
        while _is_digit(p[0]):
            p += 1
        return ASK if p[0] == 58 and p[1] in (88, 67, 83, 77) else 0  # Redis: X C S M
    if not _is_letter(c):
        return 0
    if c in (73, 87, 69, 70) and _is_digit(p[0]):  # I W E F
        while _is_digit(p[0]):
            p += 1
        if p - raw != 5 and p - raw != 9:
            return 0
        if p + 3 < end and p[0] == 32 and _is_digit(p[1]) and _is_digit(p[2]) and p[3] == 58:
            return _letter_code[c | 32]
        return 0
    name = _name(raw, end, &p, &capitals)
    if name == NULL:
        return 0
    if end - p > 6 and memcmp(p, b" error", 6) == 0:
        p += 6
    if p[0] == 58:
        return name.code
    if p[0] != 32:
        return 0
    while p[0] == 32:
        p += 1
    return name.code if (p[0] == 45 or p[0] == 124) and p[1] == 32 else 0


cdef int _plain(const uint8_t* raw, const uint8_t* end) noexcept nogil:
    """The leftmost name in capitals, or a marked one that ends before it."""
    cdef const uint8_t* p = raw
    cdef const uint8_t* behind
    cdef int code, marked
    cdef uint8_t kind
    while p < end:
        kind = _kind[p[0]]
        if kind & CAPITAL:
            code = _in_capitals(raw, p, end)
            if code:
                return code
        if kind & MARK:
            behind = end
            marked = _marked(raw, p, &behind)
            if marked:
                # A name in capitals within the mark would take its place.
                code = 0
                p += 1
                while p < behind and not code:
                    if _kind[p[0]] & CAPITAL:
                        code = _in_capitals(raw, p, end)
                    p += 1
                return code if code else marked
        p += 1
    return 0


cdef inline int _in_capitals(
    const uint8_t* raw, const uint8_t* p, const uint8_t* end
) noexcept nogil:
    cdef const Name* name
    cdef const uint8_t* after = NULL
    cdef bint capitals = False
    if p > raw and _kind[(p - 1)[0]] & STICKS:
        if p - raw < 2 or (p - 1)[0] != 109 or not _is_digit((p - 2)[0]):  # the m of a colour code
            return 0
    name = _name(p, end, &after, &capitals)
    if name == NULL or not capitals or not name.sole:
        return 0
    if after < end:
        if _is_word(after[0]) or after[0] == 61 or after[0] == 45:
            return 0
        if after[0] == 46 and after + 1 < end and _is_word(after[1]):
            return 0
    return name.code


cdef int _marked(const uint8_t* raw, const uint8_t* mark, const uint8_t** limit) noexcept nogil:
    """The level of the name behind a mark, which must end as it began, before the limit.

    `limit` moves to where all of that ends.
    """
    cdef const uint8_t* end = limit[0]
    cdef uint8_t c = mark[0], last
    cdef const uint8_t* p = mark + 1
    cdef const uint8_t* after = NULL
    cdef const Name* name
    cdef bint capitals = False
    if c == 32:
        return _behind_blank(raw, mark, limit)
    if c == 91:  # [
        while p < end and p[0] == 32:
            p += 1
        after = p
        while after < end and _is_word(after[0]):
            after += 1
        if after < end and after[0] == 58:
            p = after + 1
    elif c == 109:  # m
        if mark == raw or not _is_digit((mark - 1)[0]):
            return 0
    elif c == 61:  # =
        if not _is_level_key(raw, p):
            return 0
        if p < end and (p[0] == 34 or p[0] == 39):
            p += 1
    name = _name(p, end, &after, &capitals)
    if name == NULL:
        return 0
    if c == 61:
        limit[0] = after
        return 0 if after < end and _is_word(after[0]) else name.code
    if c == 91:
        while after < end and after[0] == 32:
            after += 1
    last = 93 if c == 91 else 62 if c == 60 else 27 if c == 109 else 9
    limit[0] = after + 1
    return name.code if after < end and after[0] == last else 0


cdef inline bint _is_level_key(const uint8_t* raw, const uint8_t* behind) noexcept nogil:
    """Whether level=, severity= or lvl= ends here, and no option of a command."""
    cdef Py_ssize_t size = behind - raw
    if size >= 6 and _ends_with(behind, b"level", 5):
        return size == 6 or memcmp(behind - 7, b"-level", 6) != 0
    return (size >= 9 and _ends_with(behind, b"severity", 8)) or (
        size >= 4 and _ends_with(behind, b"lvl", 3)
    )


cdef inline bint _ends_with(
    const uint8_t* behind, const char* key, int size
) noexcept nogil:
    cdef int i
    for i in range(size):
        if (behind[i - size - 1] | 32) != <uint8_t> key[i]:
            return False
    return True


cdef int _behind_blank(
    const uint8_t* raw, const uint8_t* blank, const uint8_t** limit
) noexcept nogil:
    """A name between blanks or before a colon, bar or dash, where a time or a mark precedes."""
    cdef const uint8_t* end = limit[0]
    cdef const uint8_t* p
    cdef const uint8_t* after = NULL
    cdef const Name* name
    cdef uint8_t before
    cdef bint capitals = False, zulu
    if blank == raw:
        return 0
    before = (blank - 1)[0]
    zulu = before == 90 and blank - raw > 1 and _is_digit((blank - 2)[0])
    if not (zulu or _is_digit(before) or before in (93, 58, 124, 62)):  # ] : | >
        if before != 80 or blank - raw < 3 or (blank - 2)[0] != 72 or (blank - 3)[0] != 80:  # PHP
            return 0
    name = _name(blank + 1, end, &after, &capitals)
    if name == NULL or after == end:
        return 0
    limit[0] = after + 1
    if after[0] == 58:
        return name.code
    if end - after > 6 and memcmp(after, b" error:", 7) == 0:
        limit[0] = after + 7
        return name.code
    p = after
    while p < end and p[0] == 32:
        p += 1
    if p < end and p[0] == 124:
        limit[0] = p + 1
        return name.code
    if p > after and end - p > 1 and p[0] == 45 and p[1] == 32:
        limit[0] = p + 2
        return name.code
    if after[0] != 32 or not name.sole:
        return 0
    return name.code if zulu or _is_clock(raw, blank) else 0


cdef bint _is_clock(const uint8_t* raw, const uint8_t* behind) noexcept nogil:
    """Whether seconds of a clock end here, with a fraction of 3 or 6 digits or none."""
    cdef const uint8_t* p = behind
    cdef Py_ssize_t digits = 0
    while p > raw and _is_digit((p - 1)[0]):
        p -= 1
    digits = behind - p
    if digits == 3 or digits == 6:
        if p - raw < 4 or ((p - 1)[0] != 46 and (p - 1)[0] != 44):
            return False
        p -= 1
        return _is_digit((p - 1)[0]) and _is_digit((p - 2)[0]) and (p - 3)[0] == 58
    return digits == 2 and p > raw and (p - 1)[0] == 58


cdef int _json(const uint8_t* begin, const uint8_t* end) noexcept nogil:
    """What the keys of a JSON object say: a name first, else a number."""
    cdef const uint8_t* p = begin
    cdef const uint8_t* after
    cdef int code = 0, by_number = 0
    cdef int64_t number = 0
    while True:
        p = <const uint8_t*> memchr(p, 34, end - p)
        if p == NULL:
            break
        p += 1
        if p == end:
            break
        if not _kind[p[0]] & KEY:
            continue
        number = -1
        code = 0
        after = _json_pair(p, end, &code, &number)
        if after == NULL:
            continue
        if code:
            return code
        if by_number == 0 and number >= 0:
            if number < 8:
                by_number = _severity_code[number]
            elif number < 70:
                by_number = _tens_code[number / 10]
        p = after
    if by_number:
        return by_number
    # An object may be a string of this one.
    p = begin
    while True:
        p = <const uint8_t*> memchr(p, 92, end - p)
        if p == NULL or p + 1 == end:
            return 0
        if p[1] == 34:
            return ASK
        p += 1


cdef const uint8_t* _json_pair(
    const uint8_t* key, const uint8_t* end, int* code, int64_t* number
) noexcept nogil:
    """Past the value of a key that may hold a level, which stands here behind its quote; or NULL."""
    cdef uint64_t low = 0, high = 0
    cdef const uint8_t* p = key
    cdef const uint8_t* value
    cdef const Name* name
    cdef int n = 0
    cdef uint8_t c
    while key + n < end and key[n] != 34:
        if n == MOST_LETTERS:
            return NULL
        c = key[n] | 32 if _is_upper(key[n]) else key[n]
        if n < 8:
            low |= <uint64_t> c << (8 * n)
        else:
            high |= <uint64_t> c << (8 * (n - 8))
        n += 1
    p = key + n + 1
    while p < end and _is_space(p[0]):
        p += 1
    if p >= end or p[0] != 58:
        return NULL
    p += 1
    while p < end and _is_space(p[0]):
        p += 1
    if p >= end:
        return NULL
    value = p + 1
    if n == 1 and key[0] == 115:  # MongoDB's s, before c
        if end - p < 4 or p[0] != 34 or value[0] not in (68, 73, 87, 69, 70):
            return NULL
        p += 3 if 49 <= value[1] <= 53 else 2
        if end - p < 2 or p[0] != 34 or p[1] != 44:
            return NULL
        p += 2
        while p < end and _is_space(p[0]):
            p += 1
        if end - p < 3 or memcmp(p, b'"c"', 3):
            return NULL
        code[0] = _letter_code[value[0] | 32]
        return p + 3
    if n == 8 and memcmp(key, b"PRIORITY", 8) == 0:  # the journal's
        if end - p < 3 or p[0] != 34 or not 48 <= value[0] <= 55 or p[2] != 34:
            return NULL
        code[0] = _severity_code[value[0] - 48]
        return p + 3
    if _look_up(_keys, low, high) == NULL:
        return NULL
    if _is_digit(p[0]):
        number[0] = 0
        while p < end and _is_digit(p[0]):
            if p < value + 8:
                number[0] = number[0] * 10 + (p[0] - 48)
            p += 1
        return p
    if p[0] != 34:
        return NULL
    p = value
    low = high = 0
    while p < end and _is_word(p[0]):
        c = p[0] | 32 if _is_upper(p[0]) else p[0]
        if p - value < 8:
            low |= <uint64_t> c << (8 * (p - value))
        elif p - value < MOST_LETTERS:
            high |= <uint64_t> c << (8 * (p - value - 8))
        p += 1
    if p == value or p >= end or p[0] != 34:
        return NULL
    if p == value + 1:
        code[0] = _letter_code[low]
    elif p - value <= MOST_LETTERS:
        name = _look_up(_names, low, high)
        code[0] = 0 if name == NULL else name.code
    return p + 1


def levels(batch):
    """See `plait.logs.kernel.columns.levels`."""
    cdef bytes block = batch.block
    cdef array.array column = batch.bounds
    cdef int64_t* bounds = _q(column)
    cdef Py_ssize_t n = len(column) - 1, i, odd = 0
    cdef const uint8_t* data = _bytes(block)
    cdef bytes codes = PyBytes_FromStringAndSize(NULL, n)
    cdef uint8_t* out = <uint8_t*> _bytes(codes)
    with nogil:
        for i in range(n):
            out[i] = _level(data + bounds[i], data + bounds[i + 1])
            odd += out[i] == ASK
    if odd:
        for i in range(n):
            if out[i] == ASK:
                out[i] = CODES[level_of(block[bounds[i]:bounds[i + 1]])]
    return codes
